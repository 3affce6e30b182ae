"""Penalties against closed forms: on a linear D the slope is the norm of its weights."""

import pytest
import torch
from helpers.play import assembled, trainer, turn
from torch import nn

from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import Incompatible
from ganzoo.testing.trials import gradients_of
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import BCE, WGAN
from ganzoo.zoo.regularizers.clip import GradientClip, WeightClip
from ganzoo.zoo.regularizers.conditional import ConditionalBatchNorm, Projection
from ganzoo.zoo.regularizers.gradient import DRAGAN, R1, R2, GradientPenalty
from ganzoo.zoo.regularizers.ortho import Orthogonal, filters, overlap
from ganzoo.zoo.regularizers.score_penalties import Drift, LeCam
from ganzoo.zoo.regularizers.spectral import SpectralNorm

W = torch.tensor([3.0, -4.0, 12.0], dtype=torch.float64)  # its norm is 13
REAL, FAKE = torch.randn(2, 5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def linear(x):
    return x @ W


def cubic(x):
    return (x**3).sum(1) / 3  # its gradient is x²


@pytest.mark.parametrize(("center", "expected"), [(1.0, 144.0), (0.0, 169.0), (13.0, 0.0)])
def test_gp_of_a_linear_d(center, expected):
    assert GradientPenalty(center=center).d(turn(linear, REAL, FAKE)).item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("center", "expected"), [(1.0, 144.0), (13.0, 0.0)])
def test_dragan_of_a_linear_d(center, expected):
    assert DRAGAN(center=center).d(turn(linear, REAL, FAKE)).item() == pytest.approx(expected, abs=1e-12)


def test_dragan_looks_at_most_half_a_deviation_beyond_each_real():
    seen = []

    def d(x):
        seen.append(x.detach())
        return linear(x)

    real = torch.randn(400, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    DRAGAN().d(turn(d, real, real))
    steps = (seen[0] - real) / real.std()
    assert 0 <= steps.min() < 0.01
    assert 0.49 < steps.max() < 0.5
    assert len(steps.unique()) == steps.numel()  # a step of its own for each number


@pytest.mark.parametrize("penalty", [R1(), R2()])
def test_r1_and_r2_of_a_linear_d(penalty):
    assert penalty.d(turn(linear, REAL, FAKE)).item() == pytest.approx(84.5, rel=1e-12)


@pytest.mark.parametrize(("penalty", "where"), [(R1(), REAL), (R2(), FAKE)])
def test_r1_is_at_the_reals_and_r2_at_the_fakes(penalty, where):
    expected = (where**4).sum(1).mean() / 2
    assert penalty.d(turn(cubic, REAL, FAKE)).item() == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.parametrize("term", [GradientPenalty(), GradientPenalty(center=0), R1(), R2()])
def test_a_batch_is_the_mean_of_its_singletons(term, monkeypatch):
    draws = torch.rand(len(REAL), 1, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    monkeypatch.setattr(torch, "rand", lambda *_, **__: draws)
    whole = term.d(turn(cubic, REAL, FAKE)).item()
    parts = []
    for i in range(len(REAL)):
        one = draws[i : i + 1]
        monkeypatch.setattr(torch, "rand", lambda *_, one=one, **__: one)
        parts.append(term.d(turn(cubic, REAL[i : i + 1], FAKE[i : i + 1])).item())
    assert whole == pytest.approx(sum(parts) / len(parts), rel=1e-12)


def test_gp_draws_a_factor_of_its_own_for_each_sample():
    seen = []

    def d(x):
        seen.append(x.detach())
        return cubic(x)

    real, fake = torch.ones(64, 3, 4, 4), torch.zeros(64, 3, 4, 4)
    GradientPenalty().d(turn(lambda x: d(x.flatten(1)), real, fake))
    factors = seen[0]
    assert (factors == factors[:, :1]).all()  # one for all the pixels of a sample
    assert len(factors[:, 0].unique()) == 64
    assert 0.35 < factors.mean() < 0.65


def test_penalties_differentiate_through_the_slope():
    w = W.clone().requires_grad_()
    t = turn(lambda x: x @ w, REAL, FAKE)
    (gradient,) = torch.autograd.grad(R1().d(t), w)
    assert torch.allclose(gradient, W)  # d/dw ½‖w‖²


def test_a_flat_d_has_a_finite_penalty_gradient():
    w = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    for term in (GradientPenalty(), R1(), R2(), DRAGAN()):
        (gradient,) = torch.autograd.grad(term.d(turn(lambda x: x @ w, REAL, FAKE)), w)
        assert gradient.isfinite().all()


@pytest.mark.parametrize("penalty", [GradientPenalty(), R1(), R2(), DRAGAN()])
def test_penalties_forbid_batch_norm_in_d(penalty):
    built = assembled(DCGAN(width=4), [WGAN(), penalty], (1, 8, 8))
    assert built.chosen == {"d.norm": "none"}
    assert not any("BatchNorm" in type(m).__name__ for m in built.game.d.net.modules())
    with pytest.raises(Incompatible, match="norm=layer, norm=none or norm=auto"):
        assembled(DCGAN(width=4, norm="batch"), [WGAN(), penalty], (1, 8, 8))


def test_gradient_clipping_bounds_the_norm_that_the_optimizer_sees():
    t = trainer(MLP(width=16), [WGAN(weight=1e6), GradientClip(norm=0.5)], (2,))
    seen = []
    for player in t.players.values():
        player.optimizer.register_step_pre_hook(lambda *_, player=player: seen.append(player.flat.norm().item()))
    t.round()
    assert seen == pytest.approx([0.5, 0.5], rel=1e-5)


def test_lazy_terms_count_on_each_nth_move_and_n_times_as_much():
    settings = Settings(batch=8, latent=4)
    eager = trainer(MLP(width=8), [BCE(), R1(weight=3.0)], (2,), settings)
    lazy = trainer(MLP(width=8), [BCE(), R1(weight=1.0, every=3)], (2,), settings)
    a, _ = gradients_of(eager, "d")
    b, _ = gradients_of(lazy, "d")
    assert all(torch.allclose(x, y, atol=1e-12) for x, y in zip(a, b, strict=True) if x is not None)
    counted = []
    for _ in range(6):
        lazy.round()
        counted.append("d/r1" in lazy.losses())
    assert counted == [True, False, False, True, False, False]


def test_weight_clipping_holds_from_the_start_and_leaves_g_and_statistics_alone():
    t = trainer(DCGAN(width=4), [WGAN(), WeightClip(c=0.01)], (1, 8, 8), Settings(batch=8, latent=4, lr=0.1))

    def largest(player):
        return max(p.abs().max().item() for p in player.params)

    assert largest(t.game.d) <= 0.01
    for _ in range(3):
        t.round()
        assert largest(t.game.d) == pytest.approx(0.01, rel=1e-12)
    assert largest(t.game.g) > 0.01
    assert any("BatchNorm" in type(m).__name__ for m in t.game.d.net.modules())
    assert all(b.max() == 1 for name, b in t.game.d.net.named_buffers() if name.endswith("running_var"))


def test_drift_is_the_mean_square_of_the_scores_of_reals():
    t = turn(lambda x: x, torch.tensor([1.0, -3.0]), torch.tensor([7.0, 7.0]))
    assert Drift().d(t).item() == 5
    assert Drift().weight == 1e-3


def test_lecam_draws_each_kind_to_the_average_of_the_other():
    t = turn(lambda x: x * 1.0, torch.tensor([2.0, 4.0]).double(), torch.tensor([-1.0, 0.0]).double())
    term = LeCam(decay=0.9)
    term.attach(t.game)
    assert term.d(t).item() == pytest.approx(((2.5**2 + 4.5**2) + (4**2 + 3**2)) / 2, rel=1e-12)
    assert {name: x.item() for name, x in term.state.items()} == {"real": 3.0, "fake": -0.5}  # those of the first move
    t.step += 1
    term.state["real"].fill_(10.0)
    term.state["fake"].fill_(-10.0)
    real, fake = 0.9 * 10 + 0.1 * 3, -0.9 * 10 - 0.1 * 0.5
    expected = ((2 - fake) ** 2 + (4 - fake) ** 2 + (-1 - real) ** 2 + (0 - real) ** 2) / 2
    assert term.d(t).item() == pytest.approx(expected, rel=1e-12)
    assert term.state["real"].item() == pytest.approx(real, rel=1e-12)
    assert term.state["fake"].item() == pytest.approx(fake, rel=1e-12)


def test_lecam_gives_no_gradient_through_the_averages():
    scale = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    real, fake = torch.tensor([1.0]).double(), torch.tensor([0.0]).double()
    t, term = turn(lambda x: x * scale, real, fake), LeCam()
    term.attach(t.game)
    (slope,) = torch.autograd.grad(term.d(t), scale)
    assert slope.item() == pytest.approx(2 * (2 * 1 - 0) * 1)  # d/ds (s·1 - α_F)², α_F = 0; the fake's part is flat


def test_orthogonal_rows_have_no_overlap_whatever_their_length():
    q, _ = torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(4)))
    lengths = torch.arange(1, 7, dtype=torch.float64)[:, None]
    weights = [q, (lengths * q)[:4], (2 * q)[:3]]
    assert overlap(weights).item() == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize("shape", [(2, 7), (7, 2), (4, 4)])
def test_overlap_is_the_sum_of_squared_products_of_different_rows(shape):
    w = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    expected = sum((a @ b) ** 2 for i, a in enumerate(w) for j, b in enumerate(w) if i != j)
    assert overlap([w]).item() == pytest.approx(expected.item(), rel=1e-10)


def test_filters_are_those_of_convolutions_and_linear_layers():
    turned = nn.ConvTranspose2d(4, 6, 3, groups=2)
    layers = nn.Linear(3, 5), nn.Conv1d(2, 4, 3), turned, nn.Embedding(7, 8), nn.BatchNorm2d(6), nn.Conv2d(4, 4, 2)
    _, _, transposed, plane = found = list(filters(nn.Sequential(*layers)))
    assert [tuple(w.shape) for w in found] == [(5, 3), (4, 6), (6, 18), (4, 16)]
    assert torch.equal(plane, layers[5].weight.flatten(1))
    one = torch.zeros(1, 4, 1, 1)
    for output in range(6):  # the filter of an output is what each of its group's inputs adds to it
        for i in (0, 1):
            one.zero_()[0, 2 * (output // 3) + i] = 1
            answer = turned(one)[0, output] - turned.bias[output]
            assert torch.allclose(transposed[output].reshape(2, 3, 3)[i], answer, atol=1e-6)


def test_ortho_leaves_gains_of_classes_alone():
    made = assembled(DCGAN(width=4), [BCE(), Projection(), ConditionalBatchNorm(), Orthogonal()], (1, 8, 8), labels=3)
    gains = {id(m.weight) for m in made.game.g.net.modules() if isinstance(m, nn.Embedding)}
    assert gains
    value = overlap(filters(made.game.g.net))
    slopes = torch.autograd.grad(value, made.game.g.params, allow_unused=True)
    for p, slope in zip(made.game.g.params, slopes, strict=True):
        assert (slope is None) == (id(p) in gains or p.dim() < 2)


def test_ortho_is_about_the_weights_that_spectral_norm_divides():
    t = trainer(MLP(width=8), [BCE(), SpectralNorm(), Orthogonal(side="d")], (2,))
    weights = list(filters(t.game.d.net))
    assert len(weights) == sum(p.dim() > 1 for p in t.game.d.params)
    before = [x.clone() for x in t.game.d.net.buffers()]
    overlap(filters(t.game.d.net))
    assert all(torch.equal(x, y) for x, y in zip(before, t.game.d.net.buffers(), strict=True))  # no power iteration
    t.round()
    assert t.finite()


def test_a_network_without_filters_has_no_overlap():
    assert overlap(filters(nn.Embedding(3, 4))) is None


@pytest.mark.parametrize(("side", "sides"), [("g", ["g"]), ("d", ["d"]), ("both", ["d", "g"])])
def test_ortho_is_about_the_side_that_is_asked_for(side, sides):
    t = trainer(MLP(width=8), [BCE(), Orthogonal(side=side)], (2,))
    t.round()
    assert [name for name in t.losses() if "orthogonal" in name] == [f"{side}/orthogonal" for side in sides]
