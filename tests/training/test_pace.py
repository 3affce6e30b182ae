"""Modules that learn at a rate of their own, within their player's."""

import copy
from dataclasses import dataclass

import pytest
import torch
from helpers.bits import Stopper, weights
from helpers.play import FP64, trainer
from torch import nn

import ganzoo
from ganzoo.interfaces.schedule import Schedule
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import Incompatible
from ganzoo.training.build import _player
from ganzoo.training.networks import Companions
from ganzoo.training.trainer import copy_gradients
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import BCE

SETTINGS = Settings(batch=8, latent=4, lr=1e-2)


@dataclass
class Paced(MLP):
    """An MLP whose G has these paces: of itself, of its first layer, of its last."""

    paces: tuple = ()

    def generator(self, spec):
        net = super().generator(spec)
        layers = [module for module in net.modules() if isinstance(module, nn.Linear)]
        for module, pace in zip((net, layers[0], layers[-1]), self.paces, strict=False):
            module.pace = pace
        return net


def rates(player):
    """The learning rate of each parameter, in the order of the player's."""
    by_parameter = {p: group["lr"] for group in player.optimizer.param_groups for p in group["params"]}
    return [by_parameter[p] for p in player.params]


def moved(made, rounds=5):
    for _ in range(rounds):
        made.round()
    return made


def test_paces_are_factors_of_the_players_rate_and_nested_ones_multiply():
    made = trainer(Paced(width=8, paces=(0.5, 0.01)), [BCE()], (2,), SETTINGS)
    first, rest = rates(made.game.g)[:2], rates(made.game.g)[2:]
    assert first == pytest.approx([5e-5] * 2, rel=1e-15)
    assert rest == pytest.approx([5e-3] * len(rest), rel=1e-15)
    assert rates(made.game.d) == [1e-2] * len(made.game.d.params)


def test_the_order_of_parameters_and_the_flat_buffer_stay():
    plain, paced = (trainer(Paced(width=8, paces=p), [BCE()], (2,), SETTINGS) for p in ((), (1.0, 0.01, 0.1)))
    for side in ("g", "d"):
        own = list(paced.players[side].net.parameters())
        assert all(a is b for a, b in zip(own, paced.players[side].params, strict=True))
        assert plain.players[side].flat.shape == paced.players[side].flat.shape
        offset = 0
        for p, grad in zip(paced.players[side].params, paced.players[side].grads, strict=True):
            assert (grad.storage_offset(), p.grad.data_ptr()) == (offset, grad.data_ptr())
            offset += p.numel()


@pytest.mark.parametrize("paces", [(), (1.0,), (1, 1.0, 1), (2.0, 0.5, 0.5)])
def test_without_a_pace_there_is_one_group(paces):
    made = trainer(Paced(width=8, paces=paces), [BCE()], (2,), SETTINGS)
    groups = made.game.g.optimizer.param_groups
    assert len(groups) == (2 if 2.0 in paces else 1)
    assert made.game.g.optimizer.defaults["lr"] == 1e-2


def test_a_step_is_that_of_an_optimizer_for_each_module():
    """Bit for bit: groups of fused Adam against plain optimizers of their own, with the same gradients."""
    made = trainer(Paced(width=8, paces=(1.0, 0.01)), [BCE()], (2,), SETTINGS)
    player, random = made.game.g, torch.Generator().manual_seed(1)
    copies = [p.detach().clone().requires_grad_() for p in player.params]
    adams = [
        torch.optim.Adam(some, lr=lr, betas=SETTINGS.betas, fused=True)
        for some, lr in ((copies[:2], 1e-2 * 0.01), (copies[2:], 1e-2))
    ]
    for _ in range(5):
        grads = [torch.randn(p.shape, dtype=p.dtype, generator=random) for p in player.params]
        copy_gradients(player, grads)
        player.optimizer.step()
        for p, grad in zip(copies, grads, strict=True):
            p.grad = grad.clone()
        for adam in adams:
            adam.step()
    assert all(torch.equal(a, b) for a, b in zip(copies, player.params, strict=True))


@pytest.mark.parametrize("engine", [FP64])
def test_several_groups_of_one_rate_are_one_group_bit_for_bit(engine):
    """So a pace changes nothing where it is 1."""
    one, several = (trainer(MLP(width=8), [BCE()], (2,), SETTINGS, engine) for _ in range(2))
    optimizer = several.game.g.optimizer
    (group,) = optimizer.param_groups
    params, group["params"] = group["params"], group["params"][:2]
    optimizer.add_param_group({"params": params[2:]})
    for a, b in zip(moved(one).game.g.params, moved(several).game.g.params, strict=True):
        assert torch.equal(a, b)


def test_a_pace_of_zero_leaves_a_module_as_it_is():
    made = trainer(Paced(width=8, paces=(1.0, 0)), [BCE()], (2,), SETTINGS)
    before = [p.detach().clone() for p in made.game.g.params]
    same = [torch.equal(a, b) for a, b in zip(before, moved(made).game.g.params, strict=True)]
    assert same == [True] * 2 + [False] * (len(before) - 2)


@dataclass(kw_only=True)
class SlowCompanion(ganzoo.Regularizer):
    """A companion of G at a tenth of its rate."""

    def prepare(self, g, d):
        def build():
            module = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 3))
            module.pace, module[1].pace = 0.1, 0.5
            return module

        g.companions["slow"] = build

    def g(self, t):
        return t.game.g.companions["slow"](t.fake).square().mean()


def test_companions_have_paces_too():
    made = trainer(MLP(width=8), [BCE(), SlowCompanion()], (2,), SETTINGS)
    assert rates(made.game.g)[-4:] == pytest.approx([1e-3, 1e-3, 5e-4, 5e-4], rel=1e-15)


def test_a_module_in_two_places_has_the_pace_of_the_first():
    shared = nn.Linear(4, 4)
    slow = nn.Sequential(shared)
    slow.pace = 0.5
    player = _player(nn.Sequential(shared, slow, nn.Linear(4, 4)), Companions(nn.ModuleDict(), {}), 1e-2, SETTINGS)
    assert rates(player) == [1e-2] * 4
    assert len(player.optimizer.param_groups) == 1


def test_frozen_parameters_belong_to_no_group():
    frozen = nn.Linear(4, 4).requires_grad_(False)
    frozen.pace = 0.5
    player = _player(nn.Sequential(frozen, nn.Linear(4, 4)), Companions(nn.ModuleDict(), {}), 1e-2, SETTINGS)
    assert rates(player) == [1e-2] * 2


@pytest.mark.parametrize("pace", ["slow", -1.0, float("nan"), float("inf"), True, None])
def test_what_is_no_pace_is_refused(pace):
    with pytest.raises(Incompatible, match=r"Linear.pace is .*, but must be a number >= 0: how many times"):
        trainer(Paced(width=8, paces=(1.0, pace)), [BCE()], (2,), SETTINGS)


def test_schedules_and_decay_keep_the_paces():
    settings = Settings(batch=8, latent=4, images=80, lr=Schedule(1e-2, 1e-3), decay="linear")
    made = trainer(Paced(width=8, paces=(1.0, 0.01)), [BCE()], (2,), settings)
    moved(made, 5)
    made.schedules.fill(made.moves["g"])
    now = 5.5e-3 * 0.5
    assert rates(made.game.g) == pytest.approx([now * 0.01] * 2 + [now] * (len(made.game.g.params) - 2), rel=1e-13)


def test_the_state_goes_on_exactly(tmp_path):
    settings = Settings(batch=8, latent=4, images=80, lr=Schedule(1e-2, 1e-3), betas=(0.0, Schedule(0.9, 0.99)))
    a, b = (trainer(Paced(width=8, paces=(1.0, 0.01, 0.1)), [BCE(), SlowCompanion()], (2,), settings) for _ in range(2))
    moved(a, 3)
    torch.save(a.state_dict(), tmp_path / "state.pt")
    for side in ("g", "d"):
        b.players[side].net.load_state_dict(copy.deepcopy(a.players[side].net.state_dict()))
        b.players[side].companions.load_state_dict(copy.deepcopy(a.players[side].companions.state_dict()))
    b.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    moved(a), moved(b)
    assert rates(a.game.g) == rates(b.game.g)
    for side in ("g", "d"):
        assert all(torch.equal(x, y) for x, y in zip(a.players[side].params, b.players[side].params, strict=True))


PLUGIN = '''
from dataclasses import dataclass
from ganzoo.zoo.architectures.mlp import MLP
import ganzoo


@ganzoo.hookimpl
def ganzoo_components():
    return [ganzoo.Component(kind="architecture", name="slow-mlp", target="slow_mlp:SlowMLP")]


@dataclass
class SlowMLP(MLP):
    """An MLP whose G begins slowly."""

    def generator(self, spec):
        net = super().generator(spec)
        next(iter(net.children())).pace = 0.01
        return net
'''


def test_a_stopped_run_goes_on_exactly(tmp_path):
    (tmp_path / "slow_mlp.py").write_text(PLUGIN)

    def run(out, trackers=()):
        return ganzoo.run(
            "slow-mlp:width=8+bce@ring8", images=960, out=tmp_path / out, batch=16, latent=4, lr="1e-2..1e-3",
            device="cpu", trackers=trackers,
        )  # fmt: skip

    with ganzoo.using([tmp_path / "slow_mlp.py"]):
        whole = weights(run("whole").path)
        with pytest.raises(ganzoo.Interrupted):
            run("stopped", [Stopper(400)])
        assert weights(run("stopped").path) == whole
