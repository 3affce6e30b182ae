"""Walks between latents, against what great circles are."""

import math

import pytest
import torch

from ganzoo.support.latents import linear, spherical, walks

T = torch.linspace(0, 1, 9, dtype=torch.float64).unsqueeze(-1)


def ends(n=3, latent=6):
    random = torch.Generator().manual_seed(1)
    return torch.randn(2, n, 1, latent, generator=random, dtype=torch.float64)


def angle(a, b):
    return torch.nn.functional.cosine_similarity(a, b, dim=-1).clamp(-1, 1).arccos()


@pytest.mark.parametrize("walk", [spherical, linear])
def test_a_walk_ends_where_it_should(walk):
    a, b = ends()
    z = walk(a, b, T)
    assert z.shape == (3, 9, 6)
    assert torch.allclose(z[:, :1], a)
    assert torch.allclose(z[:, -1:], b)


def test_a_spherical_walk_turns_evenly_and_keeps_its_length():
    a, b = ends()
    a, b = 2 * a / a.norm(dim=-1, keepdim=True), 2 * b / b.norm(dim=-1, keepdim=True)
    z = spherical(a, b, T)
    assert torch.allclose(z.norm(dim=-1), torch.full((3, 9), 2.0).double())
    assert torch.allclose(angle(z, a), T.squeeze(-1) * angle(a, b), atol=1e-7)


def test_half_way_between_axes():
    a, b, half = torch.eye(2).double()[:1], torch.eye(2).double()[1:], torch.tensor([[0.5]]).double()
    assert torch.allclose(spherical(a, b, half), torch.tensor([[math.sqrt(0.5)] * 2]).double())
    assert torch.allclose(linear(a, b, half), torch.tensor([[0.5] * 2]).double())


@pytest.mark.parametrize("factor", [3.0, -0.5, 1.0])
def test_there_is_no_arc_on_a_line(factor):
    a, _ = ends()
    z = spherical(a, factor * a, T)
    assert torch.allclose(z, linear(a, factor * a, T))
    assert z.isfinite().all()


def test_walks_start_at_samples_and_are_a_function_of_the_seed():
    z = walks(40, 5, 7, seed=3)
    assert z.shape == (40, 5, 7)
    assert torch.equal(z, walks(40, 5, 7, seed=3))
    assert not torch.equal(z, walks(40, 5, 7, seed=4))
    assert torch.equal(z[:, 0], torch.randn(40, 7, generator=torch.Generator().manual_seed(3)))
    assert torch.allclose(walks(40, 3, 7, 3, "linear")[:, 1], (z[:, 0] + z[:, -1]) / 2, atol=1e-6)
    assert z[:, 2].norm(dim=1).mean() > 1.2 * walks(40, 5, 7, 3, "linear")[:, 2].norm(dim=1).mean()
