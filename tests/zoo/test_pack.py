"""D judges more than one sample: packs, and what it sees of a batch."""

import math

import pytest
import torch
from helpers.play import assembled, trainer, turn
from torch import nn

from ganzoo.interfaces.terms import Loss, Regularizer
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import BCE, WGAN, RpGAN
from ganzoo.zoo.regularizers.gradient import R1, R2, GradientPenalty
from ganzoo.zoo.regularizers.minibatch import MinibatchDiscrimination, MinibatchSimilarity, MinibatchStdDev, StdDev
from ganzoo.zoo.regularizers.pack import Pack

W = torch.tensor([3.0, -4.0, 12.0, 84.0], dtype=torch.float64)  # its norm is 85


def test_a_pack_is_neighbours_side_by_side_as_channels():
    x = torch.arange(4 * 3 * 2 * 2).view(4, 3, 2, 2)
    packed = Pack(m=2).fold(x)
    assert packed.shape == (2, 6, 2, 2)
    assert torch.equal(packed[1, :3], x[2])
    assert torch.equal(packed[1, 3:], x[3])
    assert torch.equal(packed, Pack(m=2).fold(x.contiguous(memory_format=torch.channels_last)))
    points = torch.arange(8.0).view(4, 2)
    assert Pack(m=2).fold(points).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert Pack(m=4).fold(points).tolist() == [list(range(8))]


@pytest.mark.parametrize("term", [R1(), R2()])
def test_a_slope_is_that_of_the_whole_pack(term):
    t = turn(lambda x: x @ W, torch.randn(6, 2).double(), torch.randn(6, 2).double())
    Pack(m=2).turn(t)
    assert t.slope(t.real_out, t.real).tolist() == pytest.approx([85.0] * 3)
    assert term.d(t).item() == pytest.approx(85**2 / 2)


def test_a_gradient_penalty_of_packs():
    t = turn(lambda x: x @ W, torch.randn(6, 2).double(), torch.randn(6, 2).double())
    Pack(m=2).turn(t)
    assert GradientPenalty().d(t).item() == pytest.approx(84.0**2)


@pytest.mark.parametrize("m", [2, 3])
def test_a_pack_of_reals_is_mixed_with_one_of_fakes_by_one_factor(m):
    seen = []

    def d(x):
        seen.append(x.detach())
        return x.flatten(1).sum(1)

    t = turn(d, torch.ones(600, 2, 2, 2), torch.zeros(600, 2, 2, 2))
    t.game.group = m
    Pack(m=m).turn(t)
    GradientPenalty().d(t)
    factors = seen[0].flatten(1)
    assert factors.shape == (600 // m, 8 * m)
    assert (factors == factors[:, :1]).all()
    assert len(factors[:, 0].unique()) == 600 // m
    t = trainer(MLP(width=8), [WGAN(), Pack(m=m), GradientPenalty()], (2,), Settings(batch=6, latent=4))
    assert t.game.group == m
    t.round()


@pytest.mark.parametrize("shape", [(20, 3), (3, 4, 8, 8)])
def test_what_has_no_channels_in_front_is_not_packed(shape):
    said = "x".join(map(str, shape))
    with pytest.raises(Incompatible, match=f"it joins the channels of images, .* not of samples of {said}; leave it"):
        assembled(MLP(width=8), [BCE(), Pack()], shape)


def test_relativistic_pairs_are_packs():
    real, fake = torch.randn(2, 6, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    t = turn(lambda x: x @ W, real, fake)
    Pack(m=2).turn(t)
    scores = [torch.stack([torch.cat([x[i], x[i + 1]]) @ W for i in (0, 2, 4)]) for x in (real, fake)]
    assert torch.allclose(t.real_score, scores[0])
    expected = nn.functional.softplus(scores[1] - scores[0]).mean()
    assert RpGAN().d(t).item() == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.parametrize(("architecture", "shape"), [(DCGAN(width=4), (3, 8, 8)), (MLP(width=8), (2,))])
def test_d_takes_packs_and_g_makes_single_samples(architecture, shape):
    t = trainer(architecture, [BCE(), Pack(m=4)], shape)
    first = next(p for p in t.game.d.net.parameters() if p.dim() > 1)
    assert first.shape[1] == 4 * shape[0]
    assert t.game.g.net(torch.zeros(2, 4, dtype=torch.float64)).shape == (2, *shape)
    t.round()
    assert t.finite()


@pytest.mark.parametrize(("batch", "shards"), [(9, 1), (6, 3), (12, 4)])
def test_a_shard_holds_whole_packs(batch, shards):
    settings = Settings(batch=batch, shards=shards, latent=4)
    if batch // shards % 2:
        with pytest.raises(Incompatible, match="not a multiple of the 2 that D judges"):
            trainer(MLP(width=8), [BCE(), Pack()], (2,), settings)
    else:
        trainer(MLP(width=8), [BCE(), Pack()], (2,), settings).round()


class Headed(Regularizer):
    def prepare(self, g, d):
        d.heads["label"] = 3


class HeadedLoss(Loss):
    def prepare(self, g, d):
        d.heads["label"] = 3


@pytest.mark.parametrize("terms", [lambda: [BCE(), Pack(), Headed()], lambda: [HeadedLoss(), Pack()]])
def test_packs_have_no_labels(terms):
    with pytest.raises(Incompatible, match="D judges 2 samples together"):
        assembled(MLP(width=8), terms(), (2,))


# ---------------------------------------------------------------- statistics of a batch


def test_the_deviation_of_two_opposite_samples_is_their_size():
    x = torch.tensor([[3.0, 0.0], [-3.0, 0.0]], dtype=torch.float64)
    out = MinibatchStdDev(2)(x)
    assert torch.equal(out[:, :2], x)
    assert out[:, 2].tolist() == pytest.approx([(3 + 1e-4) / 2] * 2, rel=1e-8)  # the mean of both features' deviations


def test_the_deviation_of_equal_samples_is_next_to_none_and_has_a_gradient():
    x = torch.ones(4, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    out = MinibatchStdDev(4)(x)
    assert out.shape == (4, 4, 2, 2)
    assert out[:, 3].max().item() == pytest.approx(1e-4)
    assert torch.autograd.grad(out.sum(), x)[0].isfinite().all()


@pytest.mark.parametrize(("n", "group", "size"), [(8, 4, 4), (6, 4, 2), (8, None, 8), (3, 4, 1), (1, 4, 1), (6, 3, 3)])
def test_groups_are_neighbours_of_a_size_that_divides_the_batch(n, group, size):
    x = torch.randn(n, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    feature = MinibatchStdDev(group)(x)[:, 5]
    for start in range(0, n, size):
        part = x[start : start + size]
        expected = (part.var(0, unbiased=False) + 1e-8).sqrt().mean().item()
        assert feature[start : start + size].tolist() == pytest.approx([expected] * size, rel=1e-12)


@pytest.mark.parametrize(
    ("batch", "shards", "terms", "said"),
    [
        (9, 1, [StdDev()], "D judges 9 samples or packs in a shard, which cannot be divided into groups of 4"),
        (10, 2, [StdDev()], "D judges 5 samples"),
        (10, 1, [Pack(), StdDev()], "D judges 5 samples or packs"),
        (8, 1, [StdDev(group=3)], "groups of 3 or of a divisor of it; change batch, or write stddev:group=off"),
        (4, 4, [StdDev(group=None)], "it compares what D judges in a shard, which is 1 sample or pack; raise batch"),
        (4, 2, [Pack(), MinibatchDiscrimination()], "which is 1 sample or pack"),
        (9, 1, [StdDev(group=None)], ""),
        (9, 1, [StdDev(group=3)], ""),
        (10, 1, [StdDev(group=4)], ""),  # groups of two
        (9, 3, [MinibatchDiscrimination(kernels=2)], ""),
    ],
)
def test_a_group_of_one_sample_is_refused_before_training(batch, shards, terms, said):
    settings = Settings(batch=batch, shards=shards, latent=4)
    if not said:
        trainer(MLP(width=8), [BCE(), *terms], (2,), settings).round()
        return
    with pytest.raises(Incompatible, match=said):
        assembled(MLP(width=8), [BCE(), *terms], (2,), settings)


def test_similarities_are_sums_of_exponentials_of_distances():
    layer = MinibatchSimilarity(kernels=2, dims=3)
    x = torch.randn(4, 5, generator=torch.Generator().manual_seed(2))
    out = layer(x)
    t = layer.project.weight.T.reshape(5, 2, 3)  # A x B x C
    m = torch.einsum("na,abc->nbc", x, t)
    for i in range(4):
        for b in range(2):
            expected = sum(math.exp(-(m[i, b] - m[j, b]).abs().sum().item()) for j in range(4))
            assert out[i, 5 + b].item() == pytest.approx(expected, rel=1e-5)
    assert torch.equal(out[:, :5], x)
    assert torch.allclose(layer(x[:1].expand(4, -1))[:, 5:], torch.tensor(4.0))


@pytest.mark.parametrize(("architecture", "shape"), [(DCGAN(width=4), (1, 8, 8)), (MLP(width=8), (2,))])
@pytest.mark.parametrize("term", [StdDev, MinibatchDiscrimination])
def test_d_grows_by_what_it_sees_of_the_batch(term, architecture, shape):
    plain, extended = (trainer(architecture, [BCE(), *terms], shape) for terms in ([], [term()]))
    before, after = (t.game.d.net(torch.zeros(4, *shape).double())["features"].shape[1] for t in (plain, extended))
    assert after - before == (100 if term is MinibatchDiscrimination else 4 if len(shape) == 3 else 1)
    assert (len(extended.game.d.params) - len(plain.game.d.params)) == (term is MinibatchDiscrimination)
    start = [p.clone() for p in extended.game.d.params]
    extended.round()
    assert all((p != q).any() for p, q in zip(start, extended.game.d.params, strict=True))


def test_a_score_depends_on_the_others_and_a_penalty_still_trains():
    t = trainer(MLP(width=8), [BCE(), R1(), StdDev()], (2,))
    x = torch.randn(4, 2, dtype=torch.float64)
    alone, other = (t.game.d.net(torch.cat([x[:1], y]))["score"][0] for y in (x[1:], 5 * x[1:]))
    assert alone != other
    t.round()
    assert t.finite()
