"""Figures of the board's pages: where numbers are drawn, what a tooltip says, and what a figure costs."""

import re
import subprocess
import sys
from html import unescape

import pytest

from ganzoo.leaderboard.html.svg_axes import HEIGHT, LEFT, WIDTH, Scale
from ganzoo.leaderboard.html.svg_curves import Curve, curves_svg
from ganzoo.leaderboard.html.svg_scatter import LETTER, SHAPES, Axis, ScatterPoint, marker_svg, scatter_svg


def test_a_scale_maps_its_ends_and_evenly_between_them():
    scale = Scale(10, 20, 100, 300)
    assert [scale(value) for value in (10, 15, 20)] == [100, 200, 300]
    log = Scale(1, 100, 300, 100, log=True)
    assert [log(value) for value in (1, 10, 100)] == [300, 200, 100]
    assert [scale(value) for value in (-5, 99)] == [100, 300]  # outside: at the edge


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("values", [[1, 100], [5, 5], [0.001, 0.002], [3, float("inf")], [], [1e-9, 1e9]])
def test_a_scale_has_room_for_all_finite_values_and_a_few_round_ticks(values, log):
    scale = Scale.around(values, 0, 100, log)
    assert all(scale.low < value < scale.high for value in values if value != float("inf"))
    ticks = scale.ticks()
    assert 2 <= len(ticks) <= 9
    assert all(scale.low <= tick <= scale.high for tick in ticks)
    assert all(len(f"{tick:g}".replace("0", "").replace(".", "").split("e")[0]) <= 3 for tick in ticks)
    assert ticks == sorted(set(ticks))


@pytest.mark.parametrize(
    ("scale", "ticks"),
    [
        (Scale(0, 1, 0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (Scale(-3, 1.5, 0, 1), [-3, -2, -1, 0, 1]),
        (Scale(0.9, 1100, 0, 1, log=True), [1, 10, 100, 1000]),
        (Scale(5, 60, 0, 1, log=True), [5, 10, 20, 50]),
    ],
)
def test_ticks(scale, ticks):
    assert scale.ticks() == pytest.approx(ticks)


def test_each_point_is_drawn_with_the_range_of_its_seeds_and_a_tooltip():
    points = [
        ScatterPoint("dcgan+<hinge>", "hinge", 3, 1, (9, 10, 20), (8, 8, 8), "combinations/a.html"),
        ScatterPoint("mlp+bce", "bce", 0, 2, (90, 100, 200), (2, 4, 5)),
    ]
    figure = scatter_svg(points, Axis("FID", log=True, real=3.0), Axis("modes@5"), "FID against modes@5")
    tooltips = [unescape(text) for text in re.findall(r"<title>(.*?)</title>", figure, re.DOTALL)]
    assert tooltips == [
        "mlp+bce\nFID: 100 (90 to 200)\nmodes@5: 4 (2 to 5)",
        "dcgan+<hinge>\nFID: 10 (9 to 20)\nmodes@5: 8",
    ]
    assert figure.count('class="spread"') == 2
    assert figure.count("combinations/a.html") == 1
    assert figure.count(">real data<") == 1
    assert {"hinge", "bce"} == set(re.findall(r'<text class="name"[^>]*>(.*?)</text>', figure))
    across = [float(x) for x in re.findall(r'class="dot" (?:x="|d="M)([\d.]+)', figure)]
    assert len(across) == 2
    assert all(LEFT < x < WIDTH for x in across)


@pytest.mark.parametrize(("step", "named"), [(1, 15), (0, 4)])
def test_names_of_points_cover_no_other_name(step, named):
    points = [ScatterPoint(f"{i}", f"name-{i:02}", 0, 0, (1 + step * i,) * 3, (1 + step * i,) * 3) for i in range(16)]
    figure = scatter_svg(points, Axis("x"), Axis("y"), "")
    places = [(float(x), float(y)) for x, y in re.findall(r'class="name" x="([\d.-]+)" y="([\d.-]+)"', figure)]
    assert len(places) == named  # of points at one place, one at each corner
    width = LETTER * len("name-00")
    assert all(abs(a[0] - b[0]) >= width or abs(a[1] - b[1]) >= 12 for i, a in enumerate(places) for b in places[:i])


def test_each_curve_is_drawn_from_its_first_point_to_its_last_and_named():
    curves = [
        Curve("wgan", "wgan", 1, [(10_000, 50.0), (100_000, 20.0)]),
        Curve("hinge", "hinge", 2, [(10_000, 9.0), (100_000, 5.0)], thin=True),
        Curve("nothing", "nothing", 3, []),
    ]
    figure = curves_svg(curves, Axis("FID", log=True, real=3.0), "FID over images")
    assert re.findall(r"<title>(.*?)</title>", figure) == ["hinge", "wgan"]
    paths = dict(re.findall(r'class="(line[ a-z]*)" d="M([^"]*)"', figure))
    assert {name: path.count("L") for name, path in paths.items()} == {"line": 1, "line thin": 1}
    (start, end) = (tuple(map(float, point.split())) for point in paths["line"].split("L"))
    assert LEFT < start[0] < end[0] < WIDTH
    assert 0 < start[1] < end[1] < HEIGHT  # lower is better, and further down
    assert re.findall(r'<text class="name c\d"[^>]*>(.*?)</text>', figure) == ["wgan", "hinge"]
    assert ">100k<" in figure


def test_shapes_differ():
    assert len({marker_svg(i, 6, 6) for i in range(len(SHAPES))}) == len(SHAPES)
    assert marker_svg(len(SHAPES), 6, 6) == marker_svg(0, 6, 6)


def test_figures_are_coloured_by_the_style_sheet_alone_and_are_small():
    points = [ScatterPoint(f"combination {i}", f"{i}", i % 8, i % 4, (i, i, i), (i, i, i)) for i in range(40)]
    figure = scatter_svg(points, Axis("x"), Axis("y"), "")
    assert not re.findall(r"fill=|stroke=|style=|#[0-9a-f]{3}", figure)
    assert len(figure) < 15_000


def test_pages_do_not_import_matplotlib():
    code = "import sys, ganzoo.leaderboard.html.site; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
