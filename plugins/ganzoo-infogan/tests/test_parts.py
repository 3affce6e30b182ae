"""The code, the bound and the metric against closed forms."""

from copy import deepcopy
from math import log, pi
from types import SimpleNamespace

import pytest
import torch
from ganzoo_infogan.parts import CodeInformation, InfoGAN, categorical, code, continuous, mutual_information, with_code

import ganzoo

Z = torch.randn(20_000, 5, generator=torch.Generator().manual_seed(0))


def test_codes_are_uniform():
    category, c = code(Z, 4, 2)
    assert torch.bincount(category) / len(Z) == pytest.approx([0.25] * 4, abs=0.02)
    assert c.shape == (len(Z), 2)
    assert c.var(0) == pytest.approx([1 / 3] * 2, abs=0.01)
    assert torch.corrcoef(torch.cat([category[:, None], c], 1).T)[0, 1:].abs().max() < 0.03


@pytest.mark.parametrize(("categories", "latent"), [(4, 8), (0, 5)])
def test_g_sees_the_code_in_place_of_the_first_numbers(categories, latent):
    seen, y = with_code(None, (Z, None), categories, 2)
    category, c = code(Z, categories, 2)
    assert (seen.shape, y) == ((len(Z), latent), None)
    assert torch.equal(seen[:, categories : categories + 2], c)
    assert torch.equal(seen[:, categories + 2 :], Z[:, 3 if categories else 2 :])
    if categories:
        assert torch.equal(seen[:, :categories].argmax(1), category)


def turn(head):
    return SimpleNamespace(z=Z, fake_out={"code": head})


def test_a_head_that_knows_nothing_has_a_bound_of_zero():
    assert InfoGAN(categories=4, continuous=0).d(turn(torch.zeros(len(Z), 4))).item() == pytest.approx(0, abs=1e-6)


def test_a_head_that_knows_all_reaches_the_entropy():
    category, c = code(Z, 4, 1)
    logits = 50 * torch.nn.functional.one_hot(category, 4)
    sharp = torch.full_like(c, -9.0)  # held at σ = 0.1
    value = InfoGAN(categories=4, continuous=1).g(turn(torch.cat([logits, c, sharp], 1))).item()
    assert value == pytest.approx(-log(4) - log(2) + log(0.1) + log(2 * pi) / 2, abs=1e-5)


def test_codes_that_do_not_fit_into_z_are_refused():
    for term in (InfoGAN(continuous=5), InfoGAN(categories=0, continuous=0)):
        with pytest.raises(ganzoo.Incompatible, match="raise latent"):
            term.prepare(ganzoo.NetSpec(shape=(2,), latent=5), ganzoo.NetSpec(shape=(2,)))


def test_a_generator_with_an_encoder_is_refused():
    g = ganzoo.NetSpec(shape=(2,), latent=5, needs={"encoder"})
    with pytest.raises(ganzoo.Incompatible, match="an encoder of samples does not give"):
        InfoGAN(categories=2, continuous=1).prepare(g, ganzoo.NetSpec(shape=(2,)))


def test_g_sees_nothing_of_z_beyond_the_code():
    g = torch.nn.Linear(6, 2)
    InfoGAN(categories=3, continuous=1).attach(SimpleNamespace(g=SimpleNamespace(net=g)))
    z = torch.zeros(6, 4)
    z[:, 0] = torch.tensor([-2, -1.9, 0, 0.1, 2, 2.1])  # three categories, twice each
    x = deepcopy(g)(z)  # the EMA of G is a copy
    assert torch.equal(x[::2], x[1::2])
    assert len(x.unique(dim=0)) == 3


class Source:
    latent, classes = 3, 0

    def __init__(self, generator):
        self.generator = generator


def information(generator, **options):
    data = SimpleNamespace(kind="points", n_modes=4, modes=lambda x: (x[:, 0] / 10).round().long().clamp(min=-1))
    made = CodeInformation(categories=4, continuous=1, **options)
    scores = made(SimpleNamespace(source=Source(generator), data=data, judge_prefix="", given=None))
    return {score.name.removeprefix("code-information"): score.value for score in scores}


def test_a_generator_that_shows_its_code_gives_all_of_it():
    def shown(z, y):
        category, c = code(z, 4, 1)
        return torch.cat([10 * category[:, None].float(), c], 1)

    found = information(shown)
    assert found[""] == pytest.approx(log(4), abs=0.15)
    assert found[""] <= log(4)
    assert found[".modes"] == pytest.approx(log(4), abs=0.01)
    assert found[".continuous"] > 1


def test_a_generator_that_hides_its_code_gives_nothing():
    found = information(lambda z, y: z[:, 2:])
    assert found[""] < 0.01
    assert found[".continuous"] < 0.01
    assert found[".modes"] == pytest.approx(0, abs=0.01)


def test_bounds_of_few_samples():
    near = torch.tensor([[0, 1], [0, 1]])  # both know of categories 0 and 1
    value = categorical(torch.tensor([0, 1, 0, 1]), near, 2)
    assert value == pytest.approx(log(2) + log(1.5 / 3))
    c = torch.tensor([[0.5], [0.5], [0.5], [0.5]])
    assert continuous(c, near) == pytest.approx(log(2) - log(2 * pi / 9) / 2)  # var = (0 + 1/3) / 3


def test_shared_information():
    a = torch.arange(4).repeat(1000)
    assert mutual_information(a, a) == pytest.approx(log(4) - 9 / 8000)
    assert mutual_information(a, a // 2) == pytest.approx(log(2) - 3 / 8000)
    assert mutual_information(a[:0], a[:0]) is None


def test_samples_without_a_generator_are_refused():
    with pytest.raises(ganzoo.Incompatible, match="give a run"):
        CodeInformation()(SimpleNamespace(source=None))
