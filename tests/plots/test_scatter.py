"""Points and walks in the plane: what is drawn, and where."""

from functools import cache

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from ganzoo.plots.scatter import IN_MODE, IN_NONE, draw_points, draw_walks
from ganzoo.plots.theme import COLOURS, render
from ganzoo.zoo.datasets.mixtures import Grid25, Ring, Spiral
from ganzoo.zoo.datasets.points import Points

pytestmark = pytest.mark.usefixtures("real_charts")
picture_of = cache(render)


def darkest(figure, x, y, reach=1):
    """The darkest pixel around a point of the data."""
    column, row = figure.axes[0].transData.transform((x, y))
    column, row = round(column), round(figure.bbox.height - row)
    pixels = np.asarray(picture_of(figure))[row - reach : row + reach + 1, column - reach : column + reach + 1]
    pixels = pixels.reshape(-1, 3).astype(int)
    return pixels[pixels.sum(1).argmin()]


def hue(pixel):
    """Of a colour on white: the direction in which it differs from white."""
    ink = 255 - np.asarray(pixel, dtype=float)
    return ink / max(np.linalg.norm(ink), 1e-9)


def is_of(pixel, colour):
    return min(pixel) < 200 and np.abs(hue(pixel) - hue(255 * np.array(to_rgb(colour)))).max() < 0.1


def texts(figure):
    return [text.get_text() for text in figure.texts]


# ---------------------------------------------------------------- points


def test_points_in_a_mode_are_blue_others_orange():
    figure = draw_points(torch.tensor([[1.0, 0.0], [0.3, 0.4]]), Ring())
    assert is_of(darkest(figure, 1.0, 0.0), IN_MODE)
    assert is_of(darkest(figure, 0.3, 0.4), IN_NONE)
    assert (darkest(figure, -0.3, 0.4) == 255).all()
    assert texts(figure) == [
        "2 points",
        "\N{BLACK CIRCLE} 50.0% in a mode",
        "\N{BLACK CIRCLE} 50.0% in none",
        "1 of 8 modes",
    ]


def test_every_point_is_drawn():
    data = Grid25()
    figure = draw_points(data.test.x[:2500], data)
    drawn = sum(len(line.get_xdata()) for line in figure.axes[0].lines)
    assert drawn == 2500


def test_more_points_are_darker():
    figure = draw_points(torch.tensor([[0.3, 0.4]] * 200 + [[-0.3, 0.4]]), Ring())
    assert darkest(figure, 0.3, 0.4).sum() < darkest(figure, -0.3, 0.4).sum() - 100


def test_a_mode_without_points_is_bold():
    data = Grid25()
    figure = draw_points(data.centres[:-1], data)
    rims = [darkest(figure, *(centre + torch.tensor([3 * data.sigma, 0.0])).tolist()) for centre in data.centres]
    assert all(rims[-1].sum() < 0.8 * rim.sum() for rim in rims[:-1])
    assert all(rim.max() < 240 for rim in rims)


def test_modes_that_overlap_share_a_rim():
    data = Spiral()
    figure, radius = draw_points(torch.zeros(0, 2), data), 3 * data.sigma
    angles = torch.arange(0, 6.28, 0.1)
    rim = data.centres[49] + radius * torch.stack([angles.cos(), angles.sin()], dim=1)  # the last of an arm
    inner = torch.cdist(rim, data.centres).lt(0.97 * radius).any(1)
    outer = torch.cdist(rim, torch.cat([data.centres[:49], data.centres[50:]])).gt(1.03 * radius).all(1)
    assert inner.sum() > 5
    assert outer.sum() > 5
    assert all((darkest(figure, x, y) == 255).all() for x, y in rim[inner].tolist())
    assert all(darkest(figure, x, y).max() < 128 for x, y in rim[outer].tolist())


def test_points_outside_or_not_finite_are_counted_not_drawn():
    far = torch.tensor([[99.0, 0.0], [torch.nan, 0.0], [0.0, torch.inf], [1e38, -1e38]])
    figure, plain = draw_points(far, Ring()), draw_points(torch.zeros(0, 2), Ring())
    assert texts(figure)[0] == "4 points, 4 outside"
    top = round(figure.bbox.height - figure.axes[0].bbox.y1)
    assert (np.asarray(render(figure))[top:] == np.asarray(render(plain))[top:]).all()


class Cloud(Points):
    """Data without centres."""

    name, n_modes, labels, scale = "cloud", 0, 0, 1.0

    def load(self):
        from ganzoo import Split

        x = torch.tensor([[-1.0, -1.0], [1.0, 1.0], [0.0, 0.5]])
        return Split(x), Split(x)

    def modes(self, x):
        return torch.full((len(x),), -1)


def test_data_without_centres_is_drawn_in_grey():
    figure = draw_points(torch.tensor([[0.0, -0.5]]), Cloud())
    real = darkest(figure, 0.0, 0.5)
    assert real.min() == real.max() < 220
    assert is_of(darkest(figure, 0.0, -0.5), IN_MODE)
    assert texts(figure) == ["1 points"]


# ---------------------------------------------------------------- walks


def test_walks_are_lines_from_a_ring():
    walks = torch.tensor([[[-0.5, 0.0], [0.0, 0.0], [0.0, 0.5]], [[0.5, -0.5], [0.6, -0.5], [9.0, 9.0]]])
    figure = draw_walks(walks, Ring())
    assert is_of(darkest(figure, -0.25, 0.0), COLOURS[0])
    assert is_of(darkest(figure, 0.0, 0.25), COLOURS[0])
    assert is_of(darkest(figure, 0.55, -0.5), COLOURS[1])
    assert (darkest(figure, -0.5, 0.0) == 255).all()  # within the ring
    assert is_of(darkest(figure, 0.7, -0.387, reach=3), COLOURS[1])  # a step out of the square, as far as its border
    assert texts(figure) == ["2 walks of 3 points, each from its ring"]


@pytest.mark.parametrize("shape", [(5, 2), (5, 3, 2)])
def test_points_and_walks_have_pictures_of_one_size(shape):
    assert Ring().picture(torch.zeros(shape)).size == (1430, 1430)
