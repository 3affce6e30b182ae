"""bf16 and TF32 inside G and D in training, and nowhere else."""

from dataclasses import replace

import pytest
import torch
from helpers.play import Noise, assembled, trainer

import ganzoo
from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.turn import Turn
from ganzoo.recipes.recipe import resolve
from ganzoo.support.errors import DeviceError
from ganzoo.testing.trials import gradients_of
from ganzoo.training import engine as engines
from ganzoo.training.engine import Engine
from ganzoo.training.sampling import Request, render, seeded
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.architectures.resnet import ResNet
from ganzoo.zoo.losses import BCE, WGAN, Hinge, RpGAN
from ganzoo.zoo.nn.base_networks import Discriminator, Heads
from ganzoo.zoo.nn.conditioning import Layers
from ganzoo.zoo.regularizers.conditional import AuxiliaryClassifier, ConditionalBatchNorm, ConditionalGAN, Projection
from ganzoo.zoo.regularizers.gradient import R1, R2, GradientPenalty
from ganzoo.zoo.regularizers.spectral import Norm, SpectralNorm

FP32, BF16 = (Engine(device="cpu", threads=1, layout="channels_last", precision=p) for p in ("fp32", "bf16"))


def rounds(t, n):
    for _ in range(n):
        t.round()
    return t


@pytest.mark.parametrize(
    ("architecture", "terms"),
    [
        (DCGAN(width=4), [BCE()]),
        (DCGAN(width=4), [WGAN(), GradientPenalty()]),
        (DCGAN(width=4), [RpGAN(), R1(), R2()]),
        (ResNet(width=2), [Hinge(), SpectralNorm(), Projection(), ConditionalBatchNorm()]),
        (ResNet(width=2), [Hinge(), AuxiliaryClassifier(), R1()]),
        (MLP(width=8), [RpGAN(), R1(), ConditionalGAN()]),
    ],
    ids=lambda x: type(x).__name__ if not isinstance(x, list) else "+".join(type(term).__name__ for term in x),
)
def test_20_moves_in_bf16_leave_weights_in_float32_and_finite(architecture, terms):
    t = rounds(trainer(architecture, terms, (3, 8, 8), engine=BF16, labels=3), 20)
    assert t.finite()
    assert all(torch.isfinite(torch.tensor(value)) for value in t.losses().values())
    for player in t.players.values():
        assert {p.dtype for p in player.params} == {x.dtype for x in player.grads} == {torch.float32}


def test_d_computes_in_bf16_and_gives_float32():
    seen = []
    built = assembled(DCGAN(width=4), [BCE()], (1, 8, 8), engine=BF16)
    built.game.d.net.trunk[0].register_forward_hook(lambda *args: seen.append(args[2].dtype))
    built.game.g.net[0].register_forward_hook(lambda *args: seen.append(args[2].dtype))
    t = Turn(built.game, "d", torch.tensor(0), torch.randn(4, 1, 8, 8))
    assert {value.dtype for value in (*t.real_out.values(), *t.fake_out.values(), t.fake)} == {torch.float32}
    assert seen == [torch.bfloat16] * 3


def test_the_slope_of_a_linear_d_is_right_within_bf16():
    built = assembled(MLP(width=4), [BCE()], (6,), engine=BF16)
    built.game.d.net = Discriminator(Layers(torch.nn.Flatten()), Heads(NetSpec(shape=(6,)), (6,)))
    real = torch.randn(5, 6, requires_grad=True)
    t = Turn(built.game, "d", torch.tensor(0), real)
    w = built.game.d.net.heads.score.weight
    slope = t.slope(t.real_out, real)
    assert slope.dtype == torch.float32
    assert torch.allclose(slope, w.norm().expand(5), rtol=2**-7)
    (twice,) = torch.autograd.grad(slope.square().mean(), w)  # d‖w‖²/dw = 2 w
    assert torch.allclose(twice, 2 * w, rtol=2**-6)


@pytest.mark.parametrize("terms", [[WGAN(), GradientPenalty()], [RpGAN(), R1(), R2()]], ids=["gp", "r1+r2"])
def test_gradients_in_bf16_are_near_those_in_float32(terms):
    """Also those of a double backward, and at every move anew: weights cast once would stay as they were."""
    low, high = (trainer(DCGAN(width=8), terms, (3, 16, 16), engine=engine) for engine in (BF16, FP32))
    for move in range(3):
        found = [gradients_of(t, "d")[0] for t in (low, high)]
        a, b = (torch.cat([g.flatten() for g in part if g is not None]) for part in found)
        assert torch.nn.functional.cosine_similarity(a, b, dim=0) > 0.99, move
        assert (a.norm() / b.norm()).item() == pytest.approx(1, abs=0.05)
        high.play("d")
        for x, y in zip(low.game.d.params, high.game.d.params, strict=True):
            x.data.copy_(y.data)
        low.moves["d"] += 1


def test_fakes_made_without_gradients_do_not_cut_those_of_the_next_call():
    t = trainer(DCGAN(width=4), [BCE()], (1, 8, 8), engine=BF16)
    t.play("d")
    found, _ = gradients_of(t, "g")
    assert all(g is not None and g.abs().sum() > 0 for g in found)


def test_spectral_norms_are_computed_outside_autocast():
    built, seen = assembled(MLP(width=8), [BCE(), SpectralNorm()], (2,), engine=BF16), []
    norms = [m for m in built.game.d.net.modules() if isinstance(m, Norm)]
    for norm in norms:
        norm.register_forward_hook(lambda *args: seen.append((torch.is_autocast_enabled("cpu"), args[2].dtype)))
    Turn(built.game, "d", torch.tensor(0), torch.randn(4, 2)).real_out  # noqa: B018
    assert len(norms) == 4
    assert seen == [(False, torch.float32)] * 4


def test_float32_is_no_autocast_at_all():
    assert not torch.is_autocast_enabled("cpu")
    with FP32.autocast():
        assert not torch.is_autocast_enabled("cpu")
    with BF16.autocast():
        assert torch.is_autocast_enabled("cpu")
        assert not torch.is_autocast_cache_enabled()


@pytest.mark.parametrize(
    ("device", "capability", "expected"),
    [
        ("cpu", None, "fp32"),
        ("mps", None, "fp32"),
        ("cuda:0", (7, 5), "fp32"),
        ("cuda:0", (8, 0), "bf16"),
        ("cuda:0", (9, 0), "bf16"),
    ],
)
def test_precision_follows_a_rule(monkeypatch, device, capability, expected):
    monkeypatch.setattr(engines, "find_device", lambda device: device)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert Engine.choose(device, (1, 8, 8), 64).precision == expected
    for asked in ("fp32", "bf16"):
        assert Engine.choose(device, (1, 8, 8), 64, asked).precision == asked


def test_a_run_records_its_precision_and_goes_on_with_it(tmp_path):
    how = {"device": "cpu", "batch": 16, "latent": 4, "precision": "bf16", "decay": "none"}
    spec = "mlp:width=8+hinge+r1@ring8"
    for images in (160, 320):
        run = ganzoo.run(spec, images=images, out=tmp_path / "parts", **how)
    whole = ganzoo.run(spec, images=320, out=tmp_path / "whole", **how)
    assert run.header.engine.precision == run.result.env.precision == "bf16"
    assert torch.equal(run.sample(8), whole.sample(8))
    assert len({resolve(spec, None, {"precision": p}).id for p in ("auto", "fp32", "bf16")}) == 3


def test_a_run_goes_on_with_the_precision_that_the_rule_gave_it(tmp_path, monkeypatch):
    how = {"device": "cpu", "batch": 16, "latent": 4, "decay": "none", "out": tmp_path / "run"}
    monkeypatch.setattr(engines, "find_precision", lambda device, precision: "bf16")
    assert ganzoo.run("mlp:width=8+bce@ring8", images=160, **how).header.engine.precision == "bf16"
    monkeypatch.undo()
    assert ganzoo.run("mlp:width=8+bce@ring8", images=320, **how).header.engine.precision == "bf16"


def test_tf32_is_refused_where_no_device_has_it(tmp_path):
    with pytest.raises(DeviceError, match=r"precision=tf32 needs a CUDA device .* runs on cpu; use precision=fp32"):
        ganzoo.run("mlp+bce@ring8", steps=1, precision="tf32", device="cpu", out=tmp_path / "run")


def test_tf32_is_for_training_alone():
    """Samples, and what is measured on them, are computed in exact float32."""
    engine = replace(FP32, precision="tf32")
    with engine.active():
        assert torch.backends.cuda.matmul.allow_tf32
        assert torch.backends.cudnn.allow_tf32
        with seeded(torch.device("cpu"), 0):
            assert not torch.backends.cuda.matmul.allow_tf32
        assert torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32


def test_samples_are_drawn_in_float32():
    class Plain(Noise):
        def decode(self, x):
            return x

    t = rounds(trainer(DCGAN(width=4), [BCE()], (1, 8, 8), engine=BF16), 2)
    x = render(t.ema.net, Plain((1, 8, 8)), Request(torch.randn(4, 4)))
    assert not torch.equal(x, x.bfloat16().float())
