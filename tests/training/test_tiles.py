"""Images of another size than in training: whole where a network takes it, padded, and in tiles."""

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

from ganzoo.support.errors import Incompatible
from ganzoo.training.sampling import Request
from ganzoo.training.tiles import LARGEST, render_any_size
from ganzoo.zoo.datasets.images import Images


class Given(Images):
    """Only its units are needed."""

    def load(self):
        raise AssertionError


class Net(nn.Module):
    """Its input, `factor` times as large; keeps the sizes it is called with."""

    def __init__(self, factor=1, multiple=None):
        super().__init__()
        self.factor, self.sizes = factor, []
        self.weight = nn.Parameter(torch.ones(()))
        if multiple:
            self.multiple = multiple

    def forward(self, z, y=None, given=None):
        self.sizes.append(tuple(given.shape[2:]))
        return interpolate(given, scale_factor=self.factor) * self.weight


def images(height, width, n=1):
    return torch.randint(0, 256, (n, 3, height, width), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def rendered(net, given, source=(3, 16, 16), shape=None):
    shape = shape or (3, source[1] * net.factor, source[2] * net.factor)
    return render_any_size(net, Given(), Request(torch.zeros(len(given), 4), None, given), source, shape)


@pytest.mark.parametrize("size", [(16, 40), (17, 16), (64, 33)])
@pytest.mark.parametrize("factor", [1, 2])
def test_tiles_of_the_trained_size_join_without_a_seam(size, factor):
    net, given = Net(factor), images(*size, n=2)
    out = rendered(net, given)
    expected = given.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    assert torch.equal(out, expected)
    assert set(net.sizes) == {(16, 16)}


def test_a_network_that_takes_multiples_gets_the_whole_image_padded():
    net, given = Net(multiple=8), images(20, 33)
    assert torch.equal(rendered(net, given), given)
    assert net.sizes == [(24, 40)]


def test_images_that_are_larger_than_the_limit_come_in_tiles():
    net, given = Net(multiple=8), images(40, LARGEST + 100)
    assert torch.equal(rendered(net, given), given)
    assert set(net.sizes) == {(40, LARGEST)}
    assert len(net.sizes) == 2


def test_tiles_that_differ_are_blended_linearly():
    class Numbered(Net):
        def forward(self, z, y=None, given=None):
            super().forward(z, y, given)
            return torch.full_like(given, len(self.sizes) / 2 - 1)  # -0.5, then 0

    out = rendered(Numbered(), images(16, 24))[0, 0, 0].float().sub(127.5).div(127.5)
    assert torch.allclose(out[:8], torch.tensor(-0.5), atol=0.01)
    assert torch.allclose(out[16:], torch.tensor(0.0), atol=0.01)
    a, b = torch.arange(8) + 0.5, 8 - (torch.arange(8) + 0.5)
    assert torch.allclose(out[8:16], -0.5 * b / (a + b), atol=0.01)


def test_what_cannot_be_is_said():
    with pytest.raises(Incompatible, match="7x40 are given, but this generator works on 16x16"):
        rendered(Net(), images(7, 40))
    with pytest.raises(Incompatible, match="no whole factor"):
        rendered(Net(), images(32, 32), shape=(3, 24, 24))
