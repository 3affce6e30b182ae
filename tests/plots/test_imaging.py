"""Pictures of samples: what is drawn, and where."""

import numpy as np
import torch
from PIL import Image

from ganzoo.plots.canvas import COLOURS, Canvas, dashed
from ganzoo.plots.film import EACH, LAST, progress
from ganzoo.plots.picture import picture, png
from ganzoo.plots.plane import BEYOND, LEFT, SIDE, TOP, WITHIN, Plane, paths, scatter
from ganzoo.plots.sheet import grid
from ganzoo.zoo.datasets.base import Points
from ganzoo.zoo.datasets.mixtures import Grid25, Ring


def colour(text):
    return np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)])


def near(pixel, expected, tolerance=45):
    return np.abs(np.asarray(pixel, dtype=int) - expected).max() <= tolerance


def at(image, plane, x, y):
    """The darkest pixel around the point (x, y) of the data."""
    column, row = plane.pixels(torch.tensor([[x, y]]))[0].astype(int)
    pixels = np.asarray(image)[row - 1 : row + 2, column - 1 : column + 2].reshape(-1, 3)
    return pixels[pixels.sum(1).argmin()]


# ---------------------------------------------------------------- images


def test_small_images_are_enlarged_by_whole_factors():
    images = torch.arange(4 * 64, dtype=torch.int64).reshape(4, 1, 8, 8).to(torch.uint8)
    sheet = np.asarray(grid(images))
    scale = (sheet.shape[0] - 3) // 16  # two cells, three lines
    assert scale == 40
    for i in range(4):
        y, x = (i // 2) * (8 * scale + 1) + 1, (i % 2) * (8 * scale + 1) + 1
        cell = sheet[y : y + 8 * scale, x : x + 8 * scale]
        assert (cell[::scale, ::scale, 0] == images[i, 0].numpy()).all()
        assert (cell == cell[::scale, ::scale].repeat(scale, 0).repeat(scale, 1)).all()


def test_three_channels_are_colours_and_others_show_their_first():
    red = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    red[:, 0] = 255
    assert (np.asarray(grid(red))[1, 1] == [255, 0, 0]).all()
    assert (np.asarray(grid(red[:, :2]))[1, 1] == [255, 255, 255]).all()


def test_a_walk_is_a_row():
    walks = torch.arange(2 * 5, dtype=torch.uint8).mul(20).reshape(2, 5, 1, 1, 1).expand(2, 5, 1, 8, 8)

    class Data:
        kind, shape = "image", (1, 8, 8)

    sheet = np.asarray(picture(walks, Data))
    cell = 8 * 16 + 1
    assert sheet.shape == (2 * cell + 1, 5 * cell + 1, 3)
    assert (sheet[cell // 2 :: cell, cell // 2 :: cell, 0] == walks[:, :, 0, 0, 0].numpy()).all()


def test_there_is_no_picture_of_other_data():
    class Data:
        kind, shape = "sequence", (16, 3)

    assert picture(torch.zeros(4, 16, 3), Data) is None


# ---------------------------------------------------------------- points


def test_points_in_a_mode_are_blue_others_orange():
    data = Ring()
    image = scatter(torch.tensor([[1.0, 0.0], [0.3, 0.4]]), data)
    assert near(at(image, Plane(data), 1.0, 0.0), WITHIN[0])
    assert near(at(image, Plane(data), 0.3, 0.4), BEYOND[0])
    assert (at(image, Plane(data), -0.3, 0.4) == 255).all()


def test_more_points_are_darker():
    data = Ring()
    image = scatter(torch.tensor([[0.3, 0.4]] * 200 + [[-0.3, 0.4]]), data)
    many, one = (at(image, Plane(data), x, 0.4).astype(int).sum() for x in (0.3, -0.3))
    assert many < one - 100


def test_a_mode_without_points_is_bold():
    data = Grid25()
    image, plane = scatter(data.centres[:-1], data), Plane(data)
    rims = [at(image, plane, *(centre + torch.tensor([3 * data.sigma, 0.0])).tolist()) for centre in data.centres]
    assert all(rims[-1].sum() < 0.8 * rim.sum() for rim in rims[:-1])
    assert all(rim.max() < 240 for rim in rims)


def test_modes_that_overlap_share_a_rim():
    canvas = Canvas(100, 60)
    canvas.rims([(35, 30), (65, 30)], 20, COLOURS[-1], 2)
    sheet = np.asarray(canvas.image().convert("L"))
    assert sheet[30, 14:16].min() < 128  # the left end of the left circle
    assert sheet[30, 84:86].min() < 128  # the right end of the right one
    assert sheet[30, 46:54].min() == 255  # where each is within the other


def test_points_outside_or_not_finite_are_counted_not_drawn():
    data = Ring()
    plain = scatter(torch.zeros(0, 2), data)
    image = scatter(torch.tensor([[99.0, 0.0], [torch.nan, 0.0], [0.0, torch.inf]]), data)
    inside = (slice(TOP, TOP + SIDE), slice(LEFT, LEFT + SIDE))
    assert (np.asarray(image)[inside] == np.asarray(plain)[inside]).all()


def test_data_without_centres_is_drawn_in_grey():
    class Cloud(Points):
        name, n_modes, labels, scale = "cloud", 0, 0, 1.0

        def load(self):
            from ganzoo import Split

            x = torch.tensor([[-1.0, -1.0], [1.0, 1.0], [0.0, 0.5]])
            return Split(x), Split(x)

        def modes(self, x):
            return torch.full((len(x),), -1)

    data = Cloud()
    image, plane = picture(torch.tensor([[0.0, -0.5]]), data), Plane(data)
    real = at(image, plane, 0.0, 0.5)
    assert real.min() == real.max() < 255
    assert near(at(image, plane, 0.0, -0.5), WITHIN[0])


def test_paths_are_lines_from_a_ring():
    data = Ring()
    image = paths(torch.tensor([[[-0.5, 0.0], [0.0, 0.0], [0.0, 0.5]], [[0.5, -0.5], [0.6, -0.5], [9.0, 9.0]]]), data)
    plane = Plane(data)
    assert near(at(image, plane, -0.25, 0.0), colour(COLOURS[0]), 90)
    assert near(at(image, plane, 0.0, 0.25), colour(COLOURS[0]), 90)
    assert near(at(image, plane, 0.55, -0.5), colour(COLOURS[1]), 90)
    assert (at(image, plane, -0.5, 0.0) == 255).all()  # within the ring
    assert (at(image, plane, 0.7, -0.387) == 255).all()  # the step that leaves the square
    assert picture(torch.zeros(1, 2, 2), data).size == image.size


# ---------------------------------------------------------------- lines, films


def test_dashes_have_their_lengths():
    pieces = [(piece[0], piece[-1]) for piece in dashed([(0, 0), (10, 0), (10, 10)], 4, 2)]
    assert pieces == [((0, 0), (4, 0)), ((6, 0), (10, 0)), ((10, 2), (10, 6)), ((10, 8), (10, 10))]
    assert list(dashed([], 4, 2)) == []


def test_a_film_has_a_frame_for_each_picture_in_order_and_stays_at_the_last(tmp_path):
    pictures = {}
    for images, shade in ((3000, 200), (1000, 0), (2000, 100)):
        pictures[images] = tmp_path / f"{images}.png"
        pictures[images].write_bytes(png(Image.new("RGB", (650, 650), (shade,) * 3)))
    (tmp_path / "film.gif").write_bytes(progress(pictures))
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 3
        assert film.info["loop"] == 0
        for i, (shade, duration) in enumerate(((0, EACH), (100, EACH), (200, LAST))):
            film.seek(i)
            frame = np.asarray(film.convert("RGB"))
            assert near(frame[100, 100], shade, 6)
            assert film.info["duration"] == duration
            bar = frame[-30, :, 0] < 100
            assert abs(bar.mean() - (i + 1) / 3) < 0.02
    assert len(progress({1: pictures[1000]})) > 0
