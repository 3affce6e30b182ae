"""Shifts and mirror images of the training data."""

from types import SimpleNamespace

import pytest
import torch
from ganzoo_translate.cycle import Cycle
from ganzoo_translate.jitter import Jitter, moved
from ganzoo_translate.pairwise import L1
from play import noise, resnet, trainer, unet

import ganzoo
from ganzoo.testing.trials import first_turn
from ganzoo.zoo.losses import BCE


def test_a_shift_repeats_the_border():
    x = torch.arange(9.0).reshape(1, 1, 3, 3)
    no, yes = torch.tensor([False]), torch.tensor([True])
    at = [torch.tensor([n]) for n in (0, 1, -1)]
    assert moved(x, no, at[0], at[0]).equal(x)
    assert moved(x, no, at[1], at[0])[0, 0].tolist() == [[0, 1, 2], [0, 1, 2], [3, 4, 5]]
    assert moved(x, no, at[0], at[2])[0, 0].tolist() == [[1, 2, 2], [4, 5, 5], [7, 8, 8]]
    assert moved(x, yes, at[0], at[1])[0, 0].tolist() == [[2, 2, 1], [5, 5, 4], [8, 8, 7]]


@pytest.mark.parametrize("player", ["g", "d"])
def test_partners_are_moved_together_and_each_image_in_its_own_way(player):
    torch.manual_seed(0)
    real = torch.randn(1, 1, 8, 8).repeat(300, 1, 1, 1)
    t = SimpleNamespace(by=None, player=player, real=real, given=2 * real)
    Jitter(shift=1).turn(t)
    assert t.real.requires_grad == (player == "d")
    assert torch.equal(t.given, 2 * t.real)
    assert len(t.real.detach().unique(dim=0)) == 18  # of 3 x 3 shifts, mirrored or not


def test_nothing_moves_without_shift_and_mirror():
    t = SimpleNamespace(by=None, player="g", real=(real := torch.randn(8, 1, 4, 4)), given=None)
    Jitter(shift=0, mirror=False).turn(t)
    assert torch.equal(t.real, real)
    assert t.given is None


@pytest.mark.parametrize("side", ["g", "d"])
def test_the_game_back_is_of_the_same_images(side):
    turn = first_turn(trainer(resnet(), [BCE(), Cycle(), Jitter()], noise(paired=False)), side)
    assert torch.equal(turn.back.real, turn.given)
    assert torch.equal(turn.back.given, turn.real)


def test_what_cannot_be_moved_is_refused():
    with pytest.raises(ganzoo.Incompatible, match="another size"):
        Jitter().prepare(ganzoo.NetSpec(shape=(1, 8, 8), source=(1, 4, 4)), None)
    with pytest.raises(ganzoo.Incompatible, match="has none"):
        Jitter().prepare(ganzoo.NetSpec(shape=(7,)), None)


def test_a_run_learns_from_moved_images():
    trainer_ = trainer(unet(), [BCE(), L1(), Jitter()])
    trainer_.round()
    assert trainer_.finite()
