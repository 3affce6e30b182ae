"""The trainer against a loop as anyone would write it, and what it promises about its draws."""

import copy
import warnings
from dataclasses import replace

import pytest
import torch
from helpers.play import FP64, Noise, trainer
from torch.nn.functional import softplus

from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Turn
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import GanzooWarning, Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.testing.trials import gradients_of
from ganzoo.training.batches import Batches, Prefetcher
from ganzoo.training.engine import Engine
from ganzoo.training.schedules import decay
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import BCE, LSGAN, WGAN, Hinge, Minimax, RaGAN, RpGAN
from ganzoo.zoo.regularizers.gradient import DRAGAN, R1, R2, GradientPenalty
from ganzoo.zoo.regularizers.spectral import SpectralNorm

FORMULAS = {
    BCE: (lambda r, f: softplus(-r).mean() + softplus(f).mean(), lambda r, f: softplus(-f).mean()),
    LSGAN: (lambda r, f: ((r - 1) ** 2).mean() / 2 + (f**2).mean() / 2, lambda r, f: ((f - 1) ** 2).mean() / 2),
    WGAN: (lambda r, f: f.mean() - r.mean(), lambda r, f: -f.mean()),
    Hinge: (lambda r, f: (1 - r).clamp(min=0).mean() + (1 + f).clamp(min=0).mean(), lambda r, f: -f.mean()),
    RpGAN: (lambda r, f: softplus(f - r).mean(), lambda r, f: softplus(r - f).mean()),
    Minimax: (
        lambda r, f: -torch.sigmoid(r).log().mean() - (1 - torch.sigmoid(f)).log().mean(),
        lambda r, f: (1 - torch.sigmoid(f)).log().mean(),
    ),
    RaGAN: (
        lambda r, f: -torch.sigmoid(r - f.mean()).log().mean() - (1 - torch.sigmoid(f - r.mean())).log().mean(),
        lambda r, f: -torch.sigmoid(f - r.mean()).log().mean() - (1 - torch.sigmoid(r - f.mean())).log().mean(),
    ),
}
PENALTIES = {"none": (), "gp": (GradientPenalty,), "r1": (R1,), "r1+r2": (R1, R2), "dragan": (DRAGAN,)}


def naive_penalty(d, real, fake, names):
    """Written out, each with forwards of its own."""
    total = 0.0
    for name in names:
        if name is GradientPenalty:
            alpha = torch.rand(len(real), 1, 1, 1, dtype=real.dtype)
            x, weight, power = alpha * real + (1 - alpha) * fake, 10.0, lambda n: (n - 1) ** 2
        elif name is DRAGAN:
            x, weight, power = real + 0.5 * real.std() * torch.rand_like(real), 10.0, lambda n: (n - 1) ** 2
        else:
            x, weight, power = real if name is R1 else fake, 0.5, lambda n: n**2
        x = x.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(d(x)["score"].sum(), x, create_graph=True)
        total = total + weight * power(slope.flatten(1).norm(dim=1)).mean()
    return total


def naive_loop(reference, loss, names, rounds, settings, seed):
    """zero_grad, backward, step; z, reals and factors drawn as the trainer promises to."""
    g, d, feed = copy.deepcopy(reference.game.g.net), copy.deepcopy(reference.game.d.net), reference.batches
    adams = {
        "g": torch.optim.Adam(g.parameters(), settings.lr, settings.betas),
        "d": torch.optim.Adam(d.parameters(), settings.lr * settings.ttur, settings.betas),
    }
    d_loss, g_loss = FORMULAS[loss]

    def draws(side, move):
        torch.manual_seed(seed_of(seed, side, move, 0))
        real, *_ = feed(side, move * settings.batch, settings.batch)
        return real, torch.randn(settings.batch, settings.latent, dtype=torch.float64)

    for move in range(rounds):
        for k in range(settings.d_steps):
            real, z = draws("d", move * settings.d_steps + k)
            with torch.no_grad():
                fake = g(z)
            adams["d"].zero_grad()
            scores = d(real)["score"], d(fake)["score"]
            (d_loss(*scores) + naive_penalty(d, real, fake, names)).backward()
            adams["d"].step()
        real, z = draws("g", move)
        adams["g"].zero_grad()
        g_loss(d(real)["score"], d(g(z))["score"]).backward()
        adams["g"].step()
    return g, d


@pytest.mark.parametrize("names", PENALTIES, ids=str)
@pytest.mark.parametrize("loss", FORMULAS, ids=lambda loss: loss.__name__)
def test_parity_with_a_naive_loop(loss, names):
    settings = Settings(batch=8, latent=4, d_steps=2, lr=1e-3, ttur=2.0)
    layout = Engine(device="cpu", threads=1, layout="channels_last", precision="fp64")
    architecture = DCGAN(width=4, norm="none", g_norm="none")
    ours = trainer(architecture, [loss(), *(p() for p in PENALTIES[names])], (3, 8, 8), settings, layout)
    g, d = naive_loop(ours, loss, PENALTIES[names], 4, settings, seed=0)
    for _ in range(4):  # 8 Adam steps of D
        ours.round()
    for mine, theirs in ((ours.game.g.net, g), (ours.game.d.net, d)):
        for (name, a), b in zip(mine.named_parameters(), theirs.parameters(), strict=True):
            if loss.relativistic and name == "heads.score.bias":
                continue  # it cancels: its gradient is rounding noise, which Adam makes steps of
            assert (a - b).abs().max() <= 1e-9, name


@pytest.mark.parametrize("penalty", ["none", "gp", "r1+r2"])
@pytest.mark.parametrize("shards", [2, 4])
def test_shards_equal_one_batch_where_nothing_mixes_samples(penalty, shards, monkeypatch):
    """z and the reals of a shard are those of its place in the batch, so only the cut differs."""
    terms = [BCE(), *(p() for p in PENALTIES[penalty])]
    whole = trainer(MLP(width=16), terms, (2,), Settings(batch=8, latent=4))
    parts = trainer(MLP(width=16), terms, (2,), Settings(batch=8, latent=4, shards=shards))
    z, alpha = torch.randn(8, 4, dtype=torch.float64), torch.rand(8, 1, dtype=torch.float64)
    offset = [0]

    def latent(n):
        offset[0] = (offset[0] + n) % 8
        return z[(offset[0] - n) % 8 :][:n]

    monkeypatch.setattr(torch, "rand", lambda shape, **_: alpha[(offset[0] - shape[0]) % 8 :][: shape[0]])
    whole.game.latent = parts.game.latent = latent
    for side in ("d", "g"):
        a, _ = gradients_of(whole, side)
        b, _ = gradients_of(parts, side)
        for x, y in zip(a, b, strict=True):
            assert (torch.zeros_like(y) if x is None else x).sub(y).abs().max() < 1e-12


def test_state_of_shards_is_averaged_from_one_start():
    t = trainer(MLP(width=8), [BCE(), SpectralNorm()], (2,), Settings(batch=8, latent=4, shards=2))
    start = [x.clone() for x in t.state()]
    ends = []
    for index in range(2):
        gradients_of(t, "d", index)
        ends.append([x.clone() for x in t.state()])
        for x, before in zip(t.state(), start, strict=True):
            x.copy_(before)
    gradients_of(t, "d")
    for x, a, b in zip(t.state(), *ends, strict=True):
        assert torch.allclose(x, (a + b) / 2, atol=1e-14)


class Counts(Regularizer):
    """Counts D's moves in a whole number, and adds it to D's scores of fakes."""

    def attach(self, game):
        self.state["moves"] = torch.zeros((), dtype=torch.int64)

    def d(self, t):
        self.state["moves"] += 1
        return t.fake_score.mean() * self.state["moves"]


@pytest.mark.parametrize("shards", [1, 2, 4])
def test_whole_numbers_of_the_state_count_once_for_all_shards(shards):
    term = Counts()
    t = trainer(MLP(width=8), [BCE(), term], (2,), Settings(batch=8, latent=4, shards=shards))
    for _ in range(3):
        t.round()
    assert term.state["moves"].item() == 3


@pytest.mark.parametrize("side", ["d", "g"])
def test_a_move_changes_its_own_player_only(side):
    t = trainer(DCGAN(width=4), [BCE()], (1, 8, 8))
    other = t.players["g" if side == "d" else "d"]
    before = {name: x.clone() for name, x in other.net.state_dict().items()}
    mine = [p.clone() for p in t.players[side].params]
    t.play(side)
    assert all(torch.equal(x, before[name]) for name, x in other.net.state_dict().items())
    assert not all(torch.equal(a, b) for a, b in zip(mine, t.players[side].params, strict=True))


def test_every_move_of_d_sees_fresh_reals_and_fresh_z():
    seen = []

    class Spy(Regularizer):
        def turn(self, t: Turn) -> None:
            seen.append((t.player, t.real.detach().clone(), t.z.clone(), int(t.step)))

    t = trainer(MLP(width=8), [WGAN(), Spy()], (6,), Settings(batch=8, latent=4, d_steps=3), n=1000)
    t.round()
    t.round()
    assert [(player, step) for player, _, _, step in seen] == [
        ("d", 0), ("d", 1), ("d", 2), ("g", 0), ("d", 3), ("d", 4), ("d", 5), ("g", 1),
    ]  # fmt: skip
    reals = torch.cat([real for player, real, _, _ in seen if player == "d"])
    z = torch.cat([z for _, _, z, _ in seen])
    assert len(reals.unique(dim=0)) == len(reals) == 48
    assert len(z.unique(dim=0)) == len(z) == 64


def test_an_epoch_shows_every_real_once_and_epochs_differ():
    feed = Batches(Noise((2,), n=10), FP64, seed=3)
    epochs = [torch.cat([feed.indices("d", e * 10 + i, 5) for i in (0, 5)]) for e in range(3)]
    assert all(sorted(epoch.tolist()) == list(range(10)) for epoch in epochs)
    assert not torch.equal(epochs[0], epochs[1])
    assert torch.equal(
        feed.indices("d", 7, 26), torch.cat([epochs[0][7:], epochs[1], epochs[2], feed.indices("d", 30, 3)])
    )
    assert torch.equal(Batches(Noise((2,), n=10), FP64, seed=3).indices("d", 7, 26), feed.indices("d", 7, 26))


def test_gradients_reach_the_flat_buffer_with_the_parameters_strides():
    layout = Engine(device="cpu", threads=1, layout="channels_last")
    t = trainer(DCGAN(width=4), [RpGAN(), R1(), R2()], (3, 16, 16), engine=layout)
    found, _ = gradients_of(t, "d")
    assert any(
        g.stride() != p.stride() for g, p in zip(found, t.game.d.params, strict=True) if g is not None
    )  # the trap
    t.play("d")
    for p, grad in zip(t.game.d.params, t.game.d.grads, strict=True):
        assert p.grad is grad
        assert grad.stride() == p.stride()
        assert grad.untyped_storage().data_ptr() == t.game.d.flat.untyped_storage().data_ptr()


def test_the_average_ramps_up_and_has_its_half_life():
    t = trainer(MLP(width=8), [BCE()], (2,), Settings(batch=8, latent=4, ema=100.0))
    average = t.ema
    with torch.no_grad():
        for target, source in zip(average.params, average.source, strict=True):
            target.zero_()
            source.fill_(1.0)
    average.update(images=10**6, new=100)
    assert all(torch.allclose(p, torch.full_like(p, 0.5)) for p in average.params)
    average.update(images=200, new=10)  # half-life 5 % of 200: ten images
    assert all(torch.allclose(p, torch.full_like(p, 0.75)) for p in average.params)


def test_the_average_of_a_parametrized_g_is_one_too():
    class NormG(Regularizer):
        def attach(self, game):
            torch.nn.utils.parametrizations.spectral_norm(game.g.net[0])

    t = trainer(MLP(width=8), [BCE(), NormG()], (2,), Settings(batch=8, latent=4, lr=1e-2))
    for _ in range(200):
        t.round()
    assert torch.linalg.matrix_norm(t.ema.net.eval()[0].weight, 2).item() == pytest.approx(1, abs=0.02)


def test_without_average_samples_come_from_g_itself():
    t = trainer(MLP(width=8), [BCE()], (2,), Settings(batch=8, latent=4, ema=None))
    t.round()
    assert all(torch.equal(a, b) for a, b in zip(t.ema.params, t.ema.source, strict=True))


@pytest.mark.parametrize(("kind", "half"), [("linear", 0.5), ("cosine", 0.5)])
def test_decay_goes_from_one_to_zero(kind, half):
    assert [decay(kind, x) for x in (0.0, 0.5, 1.0, 1.5)] == pytest.approx([1.0, half, 0.0, 0.0], abs=1e-12)


def test_decay_and_ttur_set_the_learning_rates():
    settings = Settings(batch=8, latent=4, images=32, decay="linear", lr=0.4, ttur=0.5)
    t = trainer(MLP(width=8), [BCE()], (2,), settings)
    rates = []
    for _ in range(4):
        t.round()
        rates.append((t.game.g.optimizer.param_groups[0]["lr"], t.game.d.optimizer.param_groups[0]["lr"]))
    assert rates == [pytest.approx((0.4 * f, 0.2 * f)) for f in (1.0, 0.75, 0.5, 0.25)]


class SlowFirstLayer(BCE):
    """Gives the first layer of G a hundredth of the rate, as StyleGAN does for its mapping network."""

    def attach(self, game):
        (group,) = game.g.optimizer.param_groups
        first = {"params": group["params"][:1], "lr": group["lr"] / 100}
        group["params"] = group["params"][1:]
        game.g.optimizer.add_param_group(first)


def test_decay_keeps_the_ratio_of_rates_within_a_player():
    settings = Settings(batch=8, latent=4, lr=1e-2, decay="linear", images=800)
    made = trainer(MLP(width=4), [SlowFirstLayer()], (2,), settings)
    for _ in range(50):
        made.round()
    made.schedules.fill(made.moves["g"])
    assert [group["lr"] for group in made.game.g.optimizer.param_groups] == pytest.approx([5e-3, 5e-5])
    assert [group["lr"] for group in made.game.d.optimizer.param_groups] == pytest.approx([5e-3])


def test_losses_are_means_by_term_since_the_last_look():
    t = trainer(MLP(width=8), [BCE(), R1()], (2,), Settings(batch=8, latent=4, d_steps=2))
    t.round()
    assert set(t.losses()) == {"d/bce", "d/r1", "g/bce"}
    assert t.losses() == {}


def test_the_state_goes_through_a_file_and_back_bit_for_bit(tmp_path):
    a, b = (trainer(MLP(width=8), [BCE(), SpectralNorm()], (2,)) for _ in range(2))
    for _ in range(3):
        a.round()
    torch.save(a.state_dict(), tmp_path / "state.pt")
    for side in ("g", "d"):
        b.players[side].net.load_state_dict(a.players[side].net.state_dict())
    b.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    for _ in range(3):
        a.round()
        b.round()
    for side in ("g", "d"):
        assert all(torch.equal(x, y) for x, y in zip(a.players[side].params, b.players[side].params, strict=True))


def test_reals_that_are_taken_ahead_are_the_same():
    """As from a set that does not fit on the device."""
    plain, ahead = (Batches(Noise((1, 4, 4), n=10, labels=3), FP64, seed=1) for _ in range(2))
    ahead.load = Prefetcher(ahead.load_samples)
    asked = [("d", 0), ("d", 4), ("g", 0), ("d", 8), ("g", 4), ("d", 40), ("g", 8)]  # across epochs, and a jump
    for side, start in asked:
        for a, b in zip(plain(side, start, 4)[:2], ahead(side, start, 4)[:2], strict=True):
            assert torch.equal(a, b)


@pytest.mark.parametrize(
    ("given", "said"), [(lambda t: t.real_score, r"a tensor of the shape \(8,\)"), (lambda t: 3.0, "3.0")]
)
def test_a_term_that_gives_no_number_is_named(given, said):
    class Odd(BCE):
        def d(self, t):
            return given(t)

    made = trainer(MLP(width=4), [Odd()], (2,), Settings(batch=8, latent=4))
    with pytest.raises(Incompatible, match=rf"odd: d\(\) gives {said}, but must give one number as a tensor; end with"):
        made.round()


@pytest.mark.parametrize("side", ["d", "g"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda t: None, r"returns nothing: is `return` missing\?"),
        (lambda t: t.fake_score.detach().mean(), "gives a number without a gradient, so that [DG] cannot learn"),
        (
            lambda t: (t.fake_score > 0).double().mean(),
            r"gives a number .* leave out detach\(\) and item\(\), and comp",
        ),
    ],
)
def test_a_loss_that_a_player_cannot_learn_from_is_named(side, given, said):
    class Lossy(BCE):
        pass

    setattr(Lossy, side, lambda self, t: given(t))
    made = trainer(MLP(width=4), [Lossy(), R1()], (2,), Settings(batch=8, latent=4))
    with pytest.raises(Incompatible, match=rf"lossy: {side}\(\) {said}"):
        made.round()


def test_a_loss_of_the_other_player_alone_is_named():
    class Elsewhere(BCE):
        def g(self, t):
            return -t.real_score.mean()

    made = trainer(MLP(width=4), [Elsewhere()], (2,), Settings(batch=8, latent=4))
    with pytest.raises(Incompatible, match=r"elsewhere: nothing that G minimises .* use fake or fake_score in g\(\)"):
        made.round()


class Forgets(Regularizer):
    def d(self, t):
        t.real_score.square().mean()


class ForgetsOne(Forgets):
    def g(self, t):
        return t.fake_score.square().mean()


class AtTimes(Regularizer):
    def d(self, t) -> torch.Tensor | None:
        return None


@pytest.mark.parametrize("mode", ["eager", "compile"])
def test_a_regularizer_without_return_is_named(mode):
    settings, engine = Settings(batch=8, latent=4), replace(FP64, mode=mode)
    for term in (Forgets(), ForgetsOne()):
        made = trainer(MLP(width=4), [BCE(), term], (2,), settings, engine)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GanzooWarning)  # it cannot be compiled, for this reason
            with pytest.raises(Incompatible, match=r"forgets(one)?: d\(\) returns nothing"):
                made.round()
    made = trainer(MLP(width=4), [BCE(), AtTimes()], (2,), settings, engine)
    if mode == "compile":
        made.execution.backend = "eager"
    with warnings.catch_warnings():
        warnings.simplefilter("error", GanzooWarning)
        made.round()
    assert "d/attimes" not in made.losses()
