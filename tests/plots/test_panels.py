"""Line charts: every value is drawn where it belongs, on a scale that suits it, and named."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from ganzoo.plots.panels import HEIGHT, LEVEL, WIDTH, Panel, draw_panels
from ganzoo.plots.theme import COLOURS, line_style, render


def axes_of(panel):
    (axes,) = draw_panels([panel]).axes
    return axes


def pixel(axes, x, y):
    """Column and row, in the picture, of a point of the data."""
    column, row = axes.transData.transform((x, y))
    return round(column), round(axes.figure.bbox.height - row)


def has(picture, column, row, colour):
    """Whether a pixel near this one is of the colour."""
    near = np.asarray(picture)[row - 3 : row + 4, column - 3 : column + 4].astype(int)
    return (np.abs(near - 255 * np.array(to_rgb(colour))).max(axis=2) < 60).any()


def shown_ticks(axis):
    render(axis.figure)
    scaled = axis.get_transform().transform
    low, high = scaled(axis.get_view_interval())
    return [
        label.get_text().replace("\N{MINUS SIGN}", "-")
        for label, at in zip(axis.get_ticklabels(), axis.get_ticklocs(), strict=True)
        if low - 1e-9 <= scaled(at) <= high + 1e-9
    ]


# ---------------------------------------------------------------- lines


@pytest.mark.parametrize("ys", [[1.0, 3.0, 2.0], [0.01, 1.0, 100.0], [-1.0, 0.0, 5.0]])
def test_lines_are_where_the_numbers_are(ys):
    lines = {"a": list(zip((100, 200, 400), ys, strict=True)), "b": [(x, 0.5) for x in (0, 400)]}
    axes = axes_of(Panel("title", lines))
    picture = render(axes.figure)
    assert all(has(picture, *pixel(axes, x, y), COLOURS[0]) for x, y in lines["a"])
    middle = np.mean([pixel(axes, 200, ys[1]), pixel(axes, 400, ys[2])], axis=0)  # on either scale
    assert has(picture, *middle.round().astype(int), COLOURS[0])
    assert has(picture, *pixel(axes, 50, 0.5), COLOURS[1])
    assert not has(picture, *pixel(axes, 50, ys[0]), COLOURS[0])


def test_a_line_breaks_where_there_is_no_number():
    values = [1.0, 1.0, None, float("nan"), 1.0, float("inf"), 1.0, 1.0, 2.0]
    axes = axes_of(Panel("a", {"a": [(100 * i, y) for i, y in enumerate(values)]}))
    picture = render(axes.figure)
    drawn = [has(picture, *pixel(axes, x, 1), COLOURS[0]) for x in (50, 150, 200, 250, 300, 350, 400, 450, 550, 650)]
    assert drawn == [True, False, False, False, False, False, True, False, False, True]


def test_few_points_are_marked_and_of_many_those_that_have_no_neighbours():
    few = axes_of(Panel("a", {"a": [(i, float(i)) for i in range(20)]})).lines[0]
    assert len(few.get_markevery()) == 20
    gaps = axes_of(Panel("a", {"a": [(i, None if i in (9, 11) else 1.0) for i in range(30)]})).lines[0]
    assert gaps.get_markevery() == [10]


def test_styles_repeat_only_after_every_colour_was_solid_dashed_and_dotted():
    n = 3 * len(COLOURS)
    assert len({str(line_style(i)) for i in range(n)}) == n
    assert line_style(n) == line_style(0)


# ---------------------------------------------------------------- scales


@pytest.mark.parametrize(
    ("values", "bottom", "scale"),
    [
        ([0, 10], 0, "linear"),
        ([1, 10], 0, "linear"),
        ([9, 10], 8.95, "linear"),
        ([-3, 1], -3.2, "linear"),
        ([1, 100], 100**-0.05, "log"),
        ([0, 0], 0, "linear"),
        ([None], 0, "linear"),
    ],
)
def test_a_scale_has_room_for_all_and_begins_at_zero_where_that_is_near(values, bottom, scale):
    axes = axes_of(Panel("a", {"a": list(enumerate(values))}))
    low, high = axes.get_ylim()
    assert (axes.get_yscale(), low) == (scale, pytest.approx(bottom))
    assert all(low <= value < high for value in values if value is not None)
    assert axes.get_xlim() == (0, max(len(values) - 1, 1))


def test_the_score_of_real_data_decides_the_scale():
    falling, rising = {"fid": [(0, 400.0), (1, 20.0)]}, {"hq": [(0, 0.001), (1, 0.5)]}
    assert axes_of(Panel("fid", falling, level=3.0)).get_yscale() == "log"
    assert axes_of(Panel("hq", rising, level=0.989)).get_yscale() == "linear"
    assert axes_of(Panel("hq", rising)).get_yscale() == "log"


def test_the_score_of_real_data_is_a_dashed_line_with_a_name():
    figure = draw_panels([Panel("fid", {"fid": [(0, 400.0), (1, 20.0)]}, level=3.14159)])
    (level,) = (line for line in figure.axes[0].lines if line.get_color() == LEVEL["color"])
    assert (list(level.get_ydata()), level.is_dashed()) == ([3.14159] * 2, True)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["real data 3.14"]


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0, 1.1], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([-3, 1], ["-3", "-2", "-1", "0", "1"]),
        ([0, 2], ["0", "1", "2"]),
        ([0, 2.2e-5], ["0.0", "0.5", "1.0", "1.5", "2.0"]),
        ([1, 100], ["1", "3", "10", "30", "100"]),
        ([5, 160], ["5", "10", "20", "50", "100"]),
        ([1e-9, 1e9], ["1e-09", "1e-06", "0.001", "1", "1000", "1e+06", "1e+09"]),
    ],
)
def test_ticks_are_few_round_numbers(values, ticks):
    axes = axes_of(Panel("a", {"a": list(enumerate(values))}))
    assert shown_ticks(axes.yaxis) == ticks
    assert axes.yaxis.get_offset_text().get_text() == ("1e\N{MINUS SIGN}5" if max(values) < 1e-4 else "")


@pytest.mark.parametrize(
    ("last", "ticks"), [(1_000_000, ["0", "200k", "400k", "600k", "800k", "1M"]), (3, ["0", "1", "2", "3"])]
)
def test_images_are_counted_in_thousands_and_millions(last, ticks):
    assert shown_ticks(axes_of(Panel("a", {"a": [(0, 1.0), (last, 2.0)]})).xaxis) == ticks


# ---------------------------------------------------------------- figures


def inches(figure):
    return tuple(figure.get_size_inches().round(9))


def names_in(figure):
    return [[text.get_text() for text in legend.get_texts()] for legend in figure.legends]


def test_panels_are_in_two_columns_on_one_axis_of_images():
    panels = [Panel("a", {"a": [(0, 1.0), (last, 2.0)]}) for last in (1, 2, 3)]
    figure = draw_panels(panels)
    assert inches(figure) == (2 * WIDTH, 2 * HEIGHT)
    assert {axes.get_xlim() for axes in figure.axes} == {(0, 3)}
    assert inches(draw_panels(panels[:1])) == (WIDTH, HEIGHT)
    assert inches(draw_panels(panels, names=["a"]))[1] > 2 * HEIGHT
    boxes = [axes.get_position() for axes in figure.axes]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_lines_are_named_once():
    panels = [Panel("loss", {"b": [(0, 1.0)]}), Panel("fid", {"a": [(0, 1.0)], "b": [(0, 2.0)]})]
    assert names_in(draw_panels(panels)) == [["b"], ["a", "b"]]
    assert names_in(draw_panels([Panel("fid", {"fid": [(0, 1.0)]})])) == []
    shared = draw_panels(panels, ["a", "b"])
    assert names_in(shared) == [["a", "b"]]
    colours = dict(zip("ab", (line.get_color() for line in shared.legends[0].get_lines()), strict=True))
    assert [line.get_color() for axes in shared.axes for line in axes.lines] == [colours[name] for name in "bab"]


@pytest.mark.parametrize("names", [["wgan", "gp"], [f"term-{'x' * (3 * i)}" for i in range(12)], ["$a_", "$b\\x"]])
def test_a_legend_covers_no_curve_and_stays_in_its_panel(names):
    figure = draw_panels([Panel("$title_", {name: [(0, 1.0), (1, 2.0)] for name in names}, "a note", 1.5)] * 2)
    render(figure)
    for legend, axes in zip(figure.legends, figure.axes, strict=True):
        box, frame = legend.get_window_extent(), axes.get_window_extent()
        assert box.y0 > frame.y1
        assert frame.x0 - 1 <= box.x0 < box.x1 <= frame.x1 + 20
        assert {text.get_text() for text in legend.get_texts()} == {*names, "real data 1.5"}
        texts = [text for text in figure.texts if text.get_text() in ("$title_", "a note")]
        assert not any(box.overlaps(text.get_window_extent()) for text in texts)
