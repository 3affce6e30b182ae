"""What only a CUDA device can show. Left out, by name and reason, elsewhere."""

import pytest
import torch

import ganzoo

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


@pytest.mark.parametrize("spec", ["dcgan+wgangp", "dcgan+r3", "dcgan+bce+sn+gradclip", "mlp+hinge@ring8"])
def test_trains_samples_and_goes_on_on_cuda(spec, tmp_path):
    how = {"out": tmp_path / "run", "device": "cuda", "batch": 64, "decay": "none"}
    run = ganzoo.run(spec, images=6400, **how)
    assert run.result.status == "ok"
    assert "cuda" in run.result.env.device
    assert ganzoo.run(spec, images=12800, **how).result.status == "ok"
    assert len(run.sample(5)) == 5


def test_the_callers_cuda_random_numbers_are_left_alone(tmp_path):
    torch.cuda.manual_seed(1)
    expected = torch.rand(3, device="cuda")
    torch.cuda.manual_seed(1)
    ganzoo.run("mlp+bce@ring8", steps=5, out=tmp_path / "run", device="cuda")
    assert torch.equal(torch.rand(3, device="cuda"), expected)


def test_one_move_agrees_with_the_cpu(tmp_path):
    from helpers.play import assembled

    from ganzoo.training.batches import Batch
    from ganzoo.training.engine import Engine
    from ganzoo.training.gradients import gradients
    from ganzoo.zoo.architectures.dcgan import DCGAN
    from ganzoo.zoo.losses import RpGAN
    from ganzoo.zoo.regularizers.gradient import R1, R2

    found = []
    z, real = torch.randn(8, 64).double(), torch.rand(8, 3, 16, 16).double()
    for device in ("cpu", "cuda:0"):
        engine = Engine(device=device, threads=1, layout="channels_last", precision="fp64")
        built = assembled(DCGAN(width=4), [RpGAN(), R1(), R2()], (3, 16, 16), engine=engine)
        built.game.latent = lambda n, device=device: z.to(device)
        step = torch.tensor(0, device=device)
        grads, _ = gradients(built.game, built.terms, built.terms, "d", step, Batch(real.to(device)))
        found.append([g.cpu() for g in grads if g is not None])
    for a, b in zip(*found, strict=True):
        assert torch.allclose(a, b, atol=1e-10)


@pytest.mark.parametrize("names", ["none", "gp", "r1", "r1+r2", "sn", "diffaug"])
@pytest.mark.parametrize("loss", ["BCE", "LSGAN", "WGAN", "Hinge", "Minimax", "RaGAN", "RpGAN"])
def test_graphs_give_the_weights_of_eager(loss, names, monkeypatch):
    """Bit for bit: the same kernels, launched in another way."""
    import test_execution
    from helpers.play import trainer

    from ganzoo.recipes.settings import Settings
    from ganzoo.training.engine import Engine
    from ganzoo.training.execution import Eager
    from ganzoo.training.graphs import Graphed
    from ganzoo.zoo.architectures.dcgan import DCGAN

    monkeypatch.setattr(torch.backends.cudnn, "deterministic", True)
    found = []
    for mode in (Eager(), Graphed()):
        engine = Engine(device="cuda:0", threads=1, layout="channels_last")
        terms = [getattr(test_execution, loss)(), *(term() for term in test_execution.TERMS[names])]
        settings = Settings(batch=8, latent=4, d_steps=2, lr=1e-3, decay="linear", images=1000)
        with engine.active():
            made = trainer(DCGAN(width=8), terms, (3, 16, 16), settings, engine)
            made.execution = mode
            for _ in range(10):
                made.round()
        found.append([p.detach().cpu() for player in made.players.values() for p in player.params])
        if isinstance(mode, Graphed):
            assert {kind for kind, _ in mode.graphs} == {"gradients", "step"}
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


def test_auto_takes_graphs_and_a_run_goes_on_with_another_engine(tmp_path):
    how = {"out": tmp_path / "run", "device": "cuda", "batch": 64, "decay": "none"}
    assert ganzoo.run("dcgan+r3", images=6400, **how).header.engine.mode == "graph"
    run = ganzoo.run("dcgan+r3", images=12800, engine="eager", **how)
    assert (run.result.status, run.header.engine.mode) == ("ok", "eager")


def test_a_set_that_does_not_fit_is_fed_from_pinned_memory(tmp_path, monkeypatch):
    from ganzoo.training.engine import Engine

    fits = ganzoo.run("dcgan+bce", images=6400, out=tmp_path / "fits", device="cuda", batch=64)
    monkeypatch.setattr(Engine, "hold", lambda self, x: x)
    fed = ganzoo.run("dcgan+bce", images=6400, out=tmp_path / "fed", device="cuda", batch=64)
    for a, b in zip(fits.generator.parameters(), fed.generator.parameters(), strict=True):
        assert torch.equal(a, b)
