"""Samples are a function of the generator, the seed and the classes, whatever the generator itself draws."""

import pytest
import torch
from helpers.play import assembled, draw
from torch import nn

from ganzoo.recipes.recipe import dataset
from ganzoo.support.errors import Incompatible
from ganzoo.training.sampling import calibrate_statistics, classwise
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import BCE


class Noisy(nn.Module):
    """Draws in each forward, as StyleGAN's noise, dropout and Gumbel samples do."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 64)
        self.norm = nn.BatchNorm1d(64)

    def forward(self, z, y=None):
        x = self.layer(z) + torch.randn(len(z), 64)
        return torch.tanh(self.norm(x)).reshape(-1, 1, 8, 8)


@pytest.fixture(scope="module")
def noisy():
    torch.manual_seed(0)
    return Noisy().eval()


def test_noise_of_g_is_a_function_of_the_seed(noisy):
    data = dataset("digits")
    first = draw(noisy, data, 4, 600, seed=1)
    torch.randn(7)
    assert torch.equal(draw(noisy, data, 4, 600, seed=1), first)
    assert not torch.equal(draw(noisy, data, 4, 600, seed=2), first)
    assert torch.equal(classwise(noisy, data, 4, 10), classwise(noisy, data, 4, 10))


def test_statistics_of_a_noisy_g_are_measured_alike_each_time(noisy):
    """Also after they were loaded: nothing of older statistics is left in them."""
    data, measured = dataset("digits"), []
    for _ in range(2):
        noisy.norm.track_running_stats = False  # as a network is while it trains, and after a checkpoint was loaded
        calibrate_statistics(noisy, data, 4, 0)
        measured.append({name: value.clone() for name, value in noisy.norm.named_buffers()})
        torch.randn(3)
    assert all(torch.equal(value, measured[1][name]) for name, value in measured[0].items())
    assert measured[0]["num_batches_tracked"] == 10


def test_sampling_leaves_the_callers_random_numbers_alone(noisy):
    torch.manual_seed(5)
    expected = torch.randn(3)
    torch.manual_seed(5)
    draw(noisy, dataset("digits"), 4, 10, seed=1)
    assert torch.equal(torch.randn(3), expected)


class Uniform(BCE):
    """Trains G on another prior than the one that samples are drawn from."""

    def attach(self, game):
        game.latent = lambda n: torch.rand(n, 4)


def test_a_prior_that_samples_would_not_be_drawn_from_is_refused():
    with pytest.raises(Incompatible, match=r"uniform replaces game.latent.*let G transform z in its first layer"):
        assembled(MLP(width=4), [Uniform()], (2,))
