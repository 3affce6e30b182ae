"""Grids of images, animations, and that the same input gives the same file."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import matplotlib
import matplotlib.style
import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.plots.film import FRAME_MS, LAST_MS, STRIP, progress_gif
from ganzoo.plots.panels import Panel, draw_panels
from ganzoo.plots.picture import GAP, SIDE, image_grid, png_bytes
from ganzoo.plots.theme import render
from ganzoo.zoo.datasets.base import Data
from ganzoo.zoo.datasets.digits import Digits
from ganzoo.zoo.datasets.mixtures import Ring

pytestmark = pytest.mark.usefixtures("real_charts")

# ---------------------------------------------------------------- grids


def test_small_images_are_enlarged_by_a_whole_factor():
    images = torch.arange(4 * 64, dtype=torch.int64).reshape(4, 1, 8, 8).to(torch.uint8)
    sheet = np.asarray(image_grid(images))
    scale = SIDE // 16
    assert sheet.shape == (16 * scale + 3 * GAP,) * 2
    for i in range(4):
        y, x = ((at * (8 * scale + GAP)) + GAP for at in divmod(i, 2))
        cell = sheet[y : y + 8 * scale, x : x + 8 * scale]
        assert (cell[::scale, ::scale] == images[i, 0].numpy()).all()
        assert (cell == cell[::scale, ::scale].repeat(scale, 0).repeat(scale, 1)).all()


def test_three_channels_are_colours_and_of_others_the_first_is_shown():
    red = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    red[:, 0] = 255
    assert (np.asarray(image_grid(red))[GAP, GAP] == [255, 0, 0]).all()
    assert np.asarray(image_grid(red[:, :2]))[GAP, GAP] == 255
    assert image_grid(red[:1]).mode == "RGB"


def test_the_last_row_may_be_short():
    sheet = np.asarray(image_grid(torch.full((5, 1, 8, 8), 200, dtype=torch.uint8)))
    cell = 8 * (SIDE // 24) + GAP
    middles = sheet[cell // 2 :: cell, cell // 2 :: cell]
    assert middles.tolist() == [[200, 200, 200], [200, 200, 64]]


def test_a_walk_is_a_row():
    walks = torch.arange(2 * 5, dtype=torch.uint8).mul(20).reshape(2, 5, 1, 1, 1).expand(2, 5, 1, 8, 8)

    sheet = np.asarray(Digits().picture(walks))
    cell = 8 * (SIDE // 40) + GAP
    assert sheet.shape == (2 * cell + GAP, 5 * cell + GAP)
    assert (sheet[cell // 2 :: cell, cell // 2 :: cell] == walks[:, :, 0, 0, 0].numpy()).all()


def test_other_data_has_no_picture():
    class Sequences(Data):
        def load(self):
            raise AssertionError

    assert Sequences().picture(torch.zeros(4, 16, 3)) is None


# ---------------------------------------------------------------- animations


def test_an_animation_has_a_frame_for_each_picture_in_order_and_stays_at_the_last(tmp_path):
    pictures = {}
    for images, shade, side in ((3000, 200, 1300), (1000, 0, 650), (2000, 100, 1300)):
        pictures[images] = tmp_path / f"{images}.png"
        pictures[images].write_bytes(png_bytes(Image.new("L", (side, side), shade)))
    (tmp_path / "film.gif").write_bytes(progress_gif(pictures))
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 3
        assert film.size == (650, 650 + STRIP)
        assert film.info["loop"] == 0
        for i, (shade, duration) in enumerate(((0, FRAME_MS), (100, FRAME_MS), (200, LAST_MS))):
            film.seek(i)
            frame = np.asarray(film.convert("RGB")).astype(int)
            assert np.abs(frame[[100, 640], [100, 640]] - shade).max() <= 6
            assert film.info["duration"] == duration
            bar = frame[-STRIP + 6, :, 0] < 100
            assert abs(bar.mean() - (i + 1) / 3) < 0.02
            assert (frame[-STRIP + 20 :] < 100).any()  # the number of images
    assert len(progress_gif({1: pictures[1000]})) > 0


# ---------------------------------------------------------------- files


def chart():
    return draw_panels([Panel("fid", {"a": [(0, 1.0), (9, 2.0)], "b": [(0, 2.0)]}, "note", 1.5)] * 2, ["a", "b"])


DRAWN = {
    "chart": lambda: render(chart()),
    "points": lambda: Ring().picture(Ring().test.x[:500]),
    "walks": lambda: Ring().picture(torch.rand(3, 4, 2, generator=torch.Generator().manual_seed(0))),
    "images": lambda: image_grid(torch.arange(256).reshape(4, 1, 8, 8).to(torch.uint8)),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_the_same_input_gives_the_same_file(draw):
    content = png_bytes(draw())
    assert content == png_bytes(draw())
    kinds = [content[at + 4 : at + 8] for at in chunks(content)]
    assert kinds == [b"IHDR", *[b"IDAT"] * (len(kinds) - 2), b"IEND"]  # no date, no name of a program


def chunks(png):
    """Where each chunk of a PNG file begins."""
    at = 8
    while at < len(png):
        yield at
        at += 12 + int.from_bytes(png[at : at + 4])


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_settings_of_matplotlib_do_not_change_colours(draw):
    plain = png_bytes(draw())
    with matplotlib.style.context(["dark_background", {"figure.autolayout": True, "axes.grid": True}]):
        assert png_bytes(draw()) == plain


def test_threads_draw_at_once():
    plain = png_bytes(DRAWN["chart"]())
    with ThreadPoolExecutor(4) as pool:
        assert {png_bytes(picture) for picture in pool.map(lambda _: DRAWN["chart"](), range(8))} == {plain}


def test_matplotlib_is_imported_only_when_a_chart_is_drawn():
    code = """
import sys, torch
import ganzoo.plots.curves, ganzoo.plots.film, ganzoo.plots.picture, ganzoo.plots.scatter
import ganzoo.runs.album, ganzoo.runs.loop, ganzoo.zoo.metrics.distribution
from ganzoo.plots.picture import image_grid, png_bytes
assert not {"matplotlib", "torchvision"} & set(sys.modules)
png_bytes(image_grid(torch.zeros(4, 1, 8, 8, dtype=torch.uint8)))
assert "matplotlib" not in sys.modules
from ganzoo.zoo.datasets.mixtures import Ring
Ring().picture(torch.zeros(4, 2))
assert "matplotlib" in sys.modules
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
