import numpy as np
import torch

from ganzoo.imaging import density, grid


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


def test_density_puts_points_where_they_are():
    points = torch.tensor([[0.0, 1.0]] * 50)
    sheet = np.asarray(density(points, torch.tensor([[-1.0, -1.0], [1.0, 1.0]])))
    dark = np.argwhere(sheet < 128).mean(0) / len(sheet)
    assert dark[1] == np.clip(dark[1], 0.48, 0.52)  # x in the middle
    assert dark[0] < 0.15  # y at the top


def test_density_of_points_outside_is_blank():
    sheet = np.asarray(density(torch.full((5, 2), 99.0), torch.tensor([[-1.0, -1.0], [1.0, 1.0]])))
    assert (sheet == 255).all()
