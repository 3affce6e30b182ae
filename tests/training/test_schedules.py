"""What changes over a run: by the closed form, as a loop that sets values by hand, in every way to execute a move."""

import math
import warnings
from dataclasses import dataclass

import pytest
import torch
from helpers.bits import Stopper, weights
from helpers.play import trainer
from helpers.replay import TapeRecorder, difference

import ganzoo
from ganzoo.interfaces.schedule import Schedule, first
from ganzoo.interfaces.terms import Regularizer
from ganzoo.recipes.parts import class_and_options
from ganzoo.recipes.recipe import resolve
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import GanzooWarning, Incompatible
from ganzoo.testing.check_capture import META
from ganzoo.testing.trials import FP64, Noise
from ganzoo.training.compiled import Compiled
from ganzoo.training.execution import Eager
from ganzoo.training.graphs import Graphed
from ganzoo.training.prepare import prepare
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.catalog import ganzoo_components
from ganzoo.zoo.losses import BCE, LSGAN
from ganzoo.zoo.regularizers.gradient import R1

ROUNDS = 6
BUDGET = {"batch": 8, "latent": 5, "d_steps": 1, "images": 8 * ROUNDS, "decay": "none", "ema": "20"}
TERMS = [c for c in ganzoo_components() if c.kind in ("loss", "regularizer")]
OPTIONS = [
    (c.kind, c.name, option.name, option.default)
    for c in TERMS
    for option in class_and_options(c)[1].values()
    if option.varies
]
ROUNDED = {("topk", "nu"): 1e-12, ("noise", "sigma"): 1e-8}
"""Options where a tensor is rounded otherwise than a number: in powers, and times a share that is float32."""
DRAWN = {"translation", "cutout", "shift"}
"""Options that decide draws of whole numbers: a tensor has other draws than a number."""


def half_cosine(start, end, share):
    return end + (start - end) * (1 + math.cos(math.pi * min(share, 1))) / 2


def made(kind, name, option, value, engine=FP64):
    """A trainer of a recipe with this option."""
    spec = f"mlp:width=8+{name}:{option}={value}" if kind == "loss" else f"mlp:width=8+bce+{name}:{option}={value}"
    data, shape = ("ring8", (2,)) if option == "jitter" else ("digits", (1, 8, 8))
    recipe = resolve(spec, data, BUDGET)
    return prepare(recipe, Noise(shape, labels=4), engine)


def ends(default):
    """Values of an option that are within every bound, and not the same."""
    start = default or 0.25
    return start, start / 2


def by_hand(kind, name, option, default):
    """A trainer that knows of no schedule: its option is set by hand before each round."""
    start, end = ends(default)
    plain = made(kind, name, option, start)
    (term,) = (term for term in plain.terms if term.name == name)
    for done in range(ROUNDS):
        value = Schedule(start, end).at(done, ROUNDS)
        setattr(term, option, torch.tensor(value, dtype=torch.float64) if option in DRAWN else value)
        plain.round()
    return plain


def played(execution, kind, name, option, default):
    start, end = ends(default)
    changing = made(kind, name, option, f"{start}..{end}")
    changing.execution = execution
    for _ in range(ROUNDS):
        changing.round()
    return changing


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: f"{option[1]}-{option[2]}")
def test_every_option_of_a_built_in_term_changes_as_if_set_by_hand(option):
    """Bit for bit in float64, executed eagerly, and replayed as a graph is, which reads the tensors in place."""
    hand = by_hand(*option)
    assert difference(hand, played(Eager(), *option)) <= ROUNDED.get(option[1:3], 0)
    assert difference(hand, played(Graphed(TapeRecorder(), warm=1), *option)) <= ROUNDED.get(option[1:3], 1e-12)


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_compiled_moves_read_it_in_place(backend):
    option = ("regularizer", "r1", "weight", 1.0)
    torch._dynamo.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("error", GanzooWarning)  # no move is left to eager
        assert difference(by_hand(*option), played(Compiled(backend), *option)) <= 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: f"{option[1]}-{option[2]}")
def test_every_option_changes_in_compiled_moves(option):
    torch._dynamo.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("error", GanzooWarning)
        assert difference(by_hand(*option), played(Compiled("eager"), *option)) <= ROUNDED.get(option[1:3], 1e-12)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: f"{option[1]}-{option[2]}")
def test_nothing_waits_for_the_device_or_leaves_it(option):
    """On the "meta" device tensors have no numbers, so whoever asks for one fails."""
    kind, name, field, default = option
    start, end = ends(default)
    changing = made(kind, name, field, f"{start}..{end}", META)
    for _ in range(2):
        changing.round()


@pytest.mark.parametrize("shards", [1, 2])
def test_shards_of_a_move_share_its_values(shards):
    """R1 has no mean over the batch to disturb, so that only the cut of the batch differs."""
    settings = Settings(batch=8, latent=4, shards=shards, images=80, betas=(Schedule(0.5, 0.1), 0.9))
    changing = trainer(MLP(width=8), [LSGAN(a=Schedule(-1.0, 0.0)), R1(weight=Schedule(2.0, 0.2, 40))], (2,), settings)
    hand = trainer(MLP(width=8), [LSGAN(a=-1.0), R1(weight=2.0)], (2,), Settings(batch=8, latent=4, shards=shards))
    for done in range(10):
        hand.terms[0].a, hand.terms[1].weight = (
            half_cosine(-1, 0, done / 10),
            Schedule(2.0, 0.2, 40).at(8 * done, 80),
        )
        for player in hand.players.values():
            player.optimizer.param_groups[0]["betas"] = (Schedule(0.5, 0.1).at(done, 10), 0.9)
        hand.round()
        changing.round()
        assert changing.terms[1].weight.item() == pytest.approx(half_cosine(2, 0.2, done / 5), abs=1e-15)
    assert difference(changing, hand) <= 1e-12


def test_a_field_is_the_same_tensor_for_the_whole_run():
    changing = trainer(MLP(width=8), [BCE(), R1(weight=Schedule(2.0, 0.2))], (2,), Settings(batch=8, images=80))
    field = changing.terms[1].weight
    assert (field.shape, field.dtype, field.requires_grad, field.item()) == ((), torch.float64, False, 2.0)
    values = []
    for _ in range(12):  # and beyond the budget
        changing.round()
        values.append(field.item())
    assert changing.terms[1].weight is field
    assert values == pytest.approx([half_cosine(2, 0.2, done / 10) for done in range(12)], abs=1e-15)


@pytest.mark.parametrize("d_steps", [1, 3])
def test_rates_follow_lr_ttur_and_decay_together(d_steps):
    settings = Settings(
        batch=8,
        images=8 * d_steps * 10,
        d_steps=d_steps,
        lr=Schedule(1e-2, 1e-4),
        ttur=Schedule(1.0, 4.0, 40),
        decay="linear",
    )
    changing = trainer(MLP(width=8), [BCE()], (2,), settings)
    for done in range(10):
        changing.round()
        lr = half_cosine(1e-2, 1e-4, done / 10) * (1 - done / 10)
        ttur = half_cosine(1, 4, 8 * d_steps * done / 40)
        (g,), (d,) = (player.optimizer.param_groups for player in (changing.game.g, changing.game.d))
        assert (g["lr"], d["lr"]) == (pytest.approx(lr, rel=1e-14), pytest.approx(lr * ttur, rel=1e-14))


def test_a_loop_that_sets_rates_and_betas_and_half_life_by_hand():
    """A plain trainer, whose optimizers and average are set before each round."""
    settings = {"batch": 8, "latent": 4, "images": 80}
    lr, betas, ema = Schedule(1e-2, 1e-3), (0.0, Schedule(0.9, 0.99)), Schedule(40.0, 4.0, 40)
    changing = trainer(MLP(width=8), [BCE()], (2,), Settings(**settings, lr=lr, betas=betas, ema=ema))
    hand = trainer(MLP(width=8), [BCE()], (2,), Settings(**settings, lr=1e-2, betas=(0.0, 0.9), ema=40.0))
    for done in range(10):
        for player in hand.players.values():
            (group,) = player.optimizer.param_groups
            group["lr"], group["betas"] = 1e-2 * (lr.at(done, 10) / 1e-2), (0.0, betas[1].at(done, 10))
        hand.ema.half_life = ema.at(8 * done, 80)
        for one in (hand, changing):
            one.round()
        assert changing.ema.half_life == pytest.approx(half_cosine(40, 4, done / 5), rel=1e-14)
    assert difference(changing, hand) == 0
    assert all(torch.equal(a, b) for a, b in zip(changing.ema.params, hand.ema.params, strict=True))


@dataclass(kw_only=True)
class Watching(Regularizer):
    """Notes the progress, and counts by it."""

    uses_progress = True
    capturable = True

    def d(self, t):
        return t.progress * t.fake_score.square().mean()


@dataclass(kw_only=True)
class Unsaid(Regularizer):
    def d(self, t):
        return t.progress * t.fake_score.mean()


def test_progress_is_the_share_of_the_budget():
    settings = Settings(batch=8, latent=4, d_steps=2, images=16 * 5)
    watching = trainer(MLP(width=8), [BCE(), Watching()], (2,), settings)
    progress = watching.game.progress
    for done in range(7):
        watching.round()
        assert progress.item() == min(done / 5, 1.0)
    assert watching.game.progress is progress


@dataclass(kw_only=True)
class Drifting(Regularizer):
    def d(self, t):
        return t.fake_score.square().mean()


def test_who_reads_the_progress_weighs_by_it():
    settings = Settings(batch=8, latent=4, images=8 * 5)
    watching, hand = (trainer(MLP(width=8), [BCE(), term], (2,), settings) for term in (Watching(), Drifting()))
    watching.execution = Graphed(TapeRecorder(), warm=1)
    for done in range(5):
        hand.terms[1].weight = done / 5
        hand.round()
        watching.round()
    assert difference(watching, hand) <= 1e-12


def test_who_reads_the_progress_must_say_so():
    with pytest.raises(
        Incompatible, match="say so with `uses_progress = True` in the class of the term, so that the b"
    ):
        trainer(MLP(width=8), [BCE(), Unsaid()], (2,)).round()


def test_recipes_without_schedules_fill_nothing():
    plain = trainer(MLP(width=8), [BCE(), R1()], (2,), Settings(batch=8, latent=4))
    schedules = plain.schedules
    assert (schedules.rates, schedules.betas, schedules.options, schedules.progress) == (False, False, [], None)
    plain.round()
    assert "initial_lr" not in plain.game.g.optimizer.param_groups[0]
    assert (plain.terms[1].weight, plain.ema.half_life) == (1.0, 5000.0)


CHANGING = {
    "spec": "mlp:width=8+lsgan:a=-1..0/400+r1:weight=2..0.2/300+noise:sigma=0.2..0.1/500@ring8",
    "settings": {"lr": "2e-3..2e-4/700", "ttur": "1..2/500", "betas": "0.5..0/300,0.9..0.99/600", "ema": "200..20/500"},
}


def run(out, images, spec=CHANGING["spec"], trackers=(), **settings):
    usual = {"batch": 16, "latent": 4, "decay": "none", **CHANGING["settings"], **settings}
    return ganzoo.run(spec, images=images, out=out, device="cpu", settings=usual, trackers=trackers)


def test_a_stopped_run_and_an_extended_one_end_with_the_same_bits(tmp_path):
    whole = weights(run(tmp_path / "whole", 960).path)
    with pytest.raises(ganzoo.Interrupted):
        run(tmp_path / "stopped", 960, trackers=[Stopper(400)])
    assert weights(tmp_path / "stopped")["images"] < 960
    assert weights(run(tmp_path / "stopped", 960).path) == whole
    run(tmp_path / "longer", 480)
    assert weights(run(tmp_path / "longer", 960).path) == whole


def test_over_the_budget_a_stopped_run_goes_on_and_a_longer_one_is_another(tmp_path):
    spec, settings = "mlp:width=8+bce+r1:weight=2..0.2@ring8", {"lr": "2e-3..2e-4", "betas": "0.5..0,0.9", "ema": "off"}
    whole = run(tmp_path / "whole", 960, spec, **settings)
    with pytest.raises(ganzoo.Interrupted):
        run(tmp_path / "stopped", 960, spec, [Stopper(400)], **settings)
    assert weights(run(tmp_path / "stopped", 960, spec, **settings).path) == weights(whole.path)
    with pytest.raises(ganzoo.RunError, match=r"holds another run .*; there images=960 and not 1920"):
        run(tmp_path / "whole", 1920, spec, **settings)
    assert whole.result.settings["betas"] == ["0.5..0", 0.9]
    assert whole.result.components[2].params["weight"] == "2..0.2"
    assert ganzoo.load(whole.path).recipe.id == whole.recipe.id


def test_first_values_make_the_networks():
    assert first(Settings(lr=Schedule(1.0, 2.0)).lr) == 1.0
    changing = trainer(MLP(width=8), [BCE()], (2,), Settings(lr=Schedule(0.5, 0.1), ttur=Schedule(4.0, 1.0)))
    assert [p.optimizer.param_groups[0]["lr"] for p in changing.players.values()] == [0.5, 2.0]
