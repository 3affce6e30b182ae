"""Conditional games: how labels enter the networks, what judges them, and what a run makes of them."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from helpers.play import Noise, assembled, trainer
from PIL import Image

import ganzoo
from ganzoo.cli import main
from ganzoo.interfaces.datasets import Split
from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.turn import Game, Turn
from ganzoo.recipes.recipe import resolve
from ganzoo.support.errors import Incompatible
from ganzoo.training.engine import Engine
from ganzoo.training.prepare import prepare
from ganzoo.training.sampling import Request, calibrate_statistics, classwise, evaluation_labels, render
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import BCE, Hinge
from ganzoo.zoo.nn.base_networks import Discriminator, Generator, Heads
from ganzoo.zoo.nn.conditioning import MAX_ONE_HOT, ConcatLabels, Layers
from ganzoo.zoo.nn.norm import ConditionalNorm, freeze_statistics, norm_layer, recompute_statistics
from ganzoo.zoo.regularizers.conditional import AuxiliaryClassifier, ConditionalBatchNorm, ConditionalGAN, Projection
from ganzoo.zoo.regularizers.pack import Pack
from ganzoo.zoo.regularizers.spectral import SpectralNorm

WAYS = {
    "cgan": [ConditionalGAN()],
    "projection": [Projection()],
    "acgan": [AuxiliaryClassifier()],
    "projection+cbn": [Projection(), ConditionalBatchNorm()],
    "cgan+cbn": [ConditionalGAN(), ConditionalBatchNorm()],
    "acgan+cbn": [AuxiliaryClassifier(), ConditionalBatchNorm()],
    "acgan+projection": [AuxiliaryClassifier(), Projection()],
}


def one_hot(y, classes):
    return torch.nn.functional.one_hot(y, classes).float()


# ---------------------------------------------------------------- labels behind the input


def test_cgan_puts_a_one_hot_code_behind_z():
    z, y = torch.randn(5, 3), torch.tensor([0, 3, 1, 3, 2])
    net = Generator(NetSpec(shape=(7,), latent=3, classes=4), torch.nn.Identity())
    assert torch.equal(net(z, y), torch.cat([z, one_hot(y, 4)], 1))


def test_cgan_puts_a_plane_for_each_class_behind_an_image():
    x, y = torch.randn(2, 3, 4, 5), torch.tensor([1, 0])
    planes = torch.zeros(2, 2, 4, 5)
    planes[0, 1], planes[1, 0] = 1, 1
    assert torch.equal(ConcatLabels(2)(x, y), torch.cat([x, planes], 1))


def test_many_classes_get_learned_codes_as_long_as_one_hot_ones():
    layer, y = ConcatLabels(1000), torch.arange(1000)
    code = layer(torch.zeros(1000, 2), y)[:, 2:]
    assert code.shape == (1000, MAX_ONE_HOT)
    assert code.norm(dim=1).mean().item() == pytest.approx(1, abs=0.02)
    assert len(code.unique(dim=0)) == 1000
    assert not list(ConcatLabels(MAX_ONE_HOT).parameters())


def test_networks_with_labels_say_that_they_need_them():
    spec = NetSpec(shape=(2,), latent=3, classes=4)
    for net, x in (
        (MLP(width=4).generator(spec), torch.randn(2, 3)),
        (MLP(width=4).discriminator(spec), torch.randn(2, 2)),
    ):
        with pytest.raises(ValueError, match="takes labels; call it with y"):
            net(x)


# ---------------------------------------------------------------- projection


def linear(classes=4):
    """D(x, y) = w·x + b + V_y·x."""
    spec = NetSpec(shape=(6,), classes=classes, label="projection")
    return Discriminator(Layers(torch.nn.Flatten()), Heads(spec, (6,)))


def test_projection_adds_the_inner_product_of_label_and_features():
    d, x, y = linear(), torch.randn(5, 6), torch.tensor([0, 3, 1, 3, 2])
    w, b, v = d.heads.score.weight[0], d.heads.score.bias, d.heads.embedding.weight
    out = d(x, y)
    assert torch.allclose(out["score"], x @ w + b + (v[y] * x).sum(1), atol=1e-6)
    assert torch.equal(out["features"], x)


def test_the_slope_of_a_linear_projection_depends_on_the_label():
    d, x, y = linear(), torch.randn(5, 6, requires_grad=True), torch.tensor([0, 3, 1, 3, 2])
    t = Turn(SimpleNamespace(), "d", torch.tensor(0), x, y)
    expected = (d.heads.score.weight[0] + d.heads.embedding.weight[y]).norm(dim=1)
    assert torch.allclose(t.slope(d(x, y), x), expected, atol=1e-6)


def test_spectral_norm_reaches_the_embedding():
    built = assembled(MLP(width=8), [Hinge(), Projection(), SpectralNorm()], (2,), labels=5)
    d = built.game.d.net
    for _ in range(100):
        built.terms[2].turn(Turn(built.game, "d", torch.tensor(0), torch.randn(3, 2)))
    assert torch.linalg.matrix_norm(d.heads.embedding.weight, 2).item() == pytest.approx(1, abs=1e-3)


# ---------------------------------------------------------------- acgan


def test_acgan_is_the_cross_entropy_of_the_label_head():
    logits = {
        "real": torch.tensor([[1.0, 2.0, 0.5], [0.1, -1.0, 3.0]]),
        "fake": torch.tensor([[0.3, 0.2, -1], [2.0, 1, 0]]),
    }
    y = torch.tensor([1, 0])
    net = SimpleNamespace(net=None, params=[])
    t = Turn(Game(net, net, None, torch.device("cpu"), BCE(), classes=3), "d", torch.tensor(0), torch.zeros(2, 1), y)
    t.real_out, t.fake_out = {"label": logits["real"]}, {"label": logits["fake"]}

    def entropy(rows):
        chosen = [math.log(math.exp(row[k]) / sum(map(math.exp, row))) for row, k in zip(rows.tolist(), y, strict=True)]
        return -sum(chosen) / len(chosen)

    term = AuxiliaryClassifier()
    assert term.d(t).item() == pytest.approx(entropy(logits["real"]) + entropy(logits["fake"]), rel=1e-6)
    assert term.g(t).item() == pytest.approx(entropy(logits["fake"]), rel=1e-6)


def test_acgan_leaves_d_without_labels():
    g, d = NetSpec(shape=(2,), labels=5), NetSpec(shape=(2,), labels=5)
    AuxiliaryClassifier().prepare(g, d)
    assert (g.classes, g.label, d.classes, d.heads) == (5, "concat", 0, {"label": 5})


# ---------------------------------------------------------------- conditional normalisation


@pytest.mark.parametrize(("kind", "shape"), [("batch", (6, 3)), ("batch", (6, 3, 4, 4)), ("layer", (6, 3, 4, 4))])
def test_cbn_begins_as_the_plain_normalisation(kind, shape):
    x, y = torch.randn(shape) * 3 + 1, torch.arange(6) % 2
    plain, layer = norm_layer(kind, 3, len(shape) - 2), norm_layer(kind, 3, len(shape) - 2, classes=2)
    assert isinstance(layer, ConditionalNorm)
    assert torch.allclose(layer(x, y), plain(x), atol=1e-6)


def test_cbn_has_a_gain_and_a_bias_for_each_class():
    x, y = torch.randn(6, 3, 4, 4), torch.tensor([0, 1, 1, 0, 1, 0])
    layer = norm_layer("batch", 3, 2, classes=2)
    torch.nn.init.normal_(layer.gain.weight)
    torch.nn.init.normal_(layer.bias.weight)
    normal = (x - x.mean((0, 2, 3), keepdim=True)) / (x.var((0, 2, 3), unbiased=False, keepdim=True) + 1e-5).sqrt()
    expected = layer.gain.weight[y][..., None, None] * normal + layer.bias.weight[y][..., None, None]
    assert torch.allclose(layer(x, y), expected, atol=1e-5)


def test_the_statistics_of_cbn_are_held_and_measured_like_any():
    layer = norm_layer("batch", 3, 0, classes=2)
    freeze_statistics(layer)
    layer(torch.randn(8, 3), torch.arange(8) % 2)
    assert torch.equal(layer.plain.running_mean, torch.zeros(3))
    x = torch.randn(8, 3) + 5
    recompute_statistics(layer, lambda: layer(x, torch.arange(8) % 2), passes=2)
    assert torch.allclose(layer.plain.running_mean, x.mean(0), atol=1e-5)


# ---------------------------------------------------------------- what goes together


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("architecture", [DCGAN(width=4), MLP(width=8, g_norm="batch")], ids=["dcgan", "mlp"])
def test_both_players_heed_labels(architecture, way):
    t = trainer(architecture, [Hinge(), *WAYS[way]], (1, 8, 8), labels=3)
    for _ in range(3):
        t.round()
    z, y, x = torch.randn(4, 4).double(), torch.tensor([0, 0, 1, 2]), torch.randn(4, 1, 8, 8).double()
    assert not torch.equal(t.game.g.net(z, y), t.game.g.net(z, (y + 1) % 3))
    if way not in ("acgan", "acgan+cbn"):
        assert not torch.equal(t.game.d.net(x, y)["score"], t.game.d.net(x, (y + 1) % 3)["score"])


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ([ConditionalBatchNorm()], "nothing in D judges them; add projection, acgan or cgan"),
        ([ConditionalGAN(), Projection()], "D takes labels already, by concat; keep only one of cgan and projection"),
        ([AuxiliaryClassifier(), ConditionalGAN()], "gives D the label that acgan lets it predict"),
        ([Pack(), ConditionalGAN()], "no label or other output belongs to a single"),
        ([Pack(), AuxiliaryClassifier()], "no label or other output belongs to a single"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(terms, reason):
    with pytest.raises(Incompatible, match=reason):
        assembled(DCGAN(width=4), [Hinge(), *terms], (1, 8, 8), labels=3)


@pytest.mark.parametrize("way", WAYS)
def test_data_without_labels_is_refused(way):
    with pytest.raises(Incompatible, match="it needs labels, and this data has none"):
        assembled(DCGAN(width=4), [Hinge(), *WAYS[way]], (1, 8, 8), labels=0)


def test_cbn_needs_a_normalisation():
    with pytest.raises(Incompatible, match=r"labels enter G through its normalisation.*write g_norm=batch"):
        assembled(MLP(width=8), [Hinge(), *WAYS["projection+cbn"]], (2,), labels=3)


def test_cbn_is_prepared_last_however_it_is_written():
    recipe = resolve("cbn+dcgan+hinge+projection")
    assert [part.name for part in recipe.regularizers] == ["projection", "cbn"]


def test_fakes_are_asked_for_the_labels_of_the_reals():
    t = trainer(MLP(width=8), [Hinge(), ConditionalGAN()], (2,), labels=3)
    turn = Turn(t.game, "d", torch.tensor(0), torch.zeros(4, 2).double(), torch.tensor([2, 0, 2, 1]))
    assert torch.equal(turn.fake_y, turn.y)
    t.game.classes = 0
    assert Turn(t.game, "d", torch.tensor(0), turn.real, turn.y).fake_y is None


# ---------------------------------------------------------------- samples


class Unequal(Noise):
    """Three quarters of its labels are 1."""

    n_eval = 4000

    def __init__(self):
        super().__init__((2,), 40)
        self.train = Split(self.train.x, torch.tensor([1, 1, 1, 0] * 10))

    def decode(self, x):
        return x


def test_an_evaluation_asks_for_classes_as_often_as_the_data_has_them():
    y = evaluation_labels(Unequal(), 3)
    assert torch.equal(y, evaluation_labels(Unequal(), 3))
    assert y.shape == (4000,)
    assert y.double().mean().item() == pytest.approx(0.75, abs=0.03)
    assert evaluation_labels(Unequal(), 0) is None


def test_statistics_are_measured_with_labels_as_often_as_the_data_has_them():
    class Bias(torch.nn.Module):
        """z + 4 y, so that the mean tells which labels it was asked for."""

        def __init__(self):
            super().__init__()
            self.weight, self.norm = torch.nn.Parameter(torch.ones(())), torch.nn.BatchNorm1d(2)

        def forward(self, z, y):
            return self.norm(z + 4 * y[:, None])

    net = calibrate_statistics(Bias(), Unequal(), 2, 3)
    assert not net.training
    assert net.norm.running_mean.tolist() == pytest.approx([3, 3], abs=0.1)
    assert torch.equal(calibrate_statistics(Bias(), Unequal(), 2, 3).norm.running_mean, net.norm.running_mean)


def test_labels_go_with_their_z_through_batches():
    net = Generator(NetSpec(shape=(3,), latent=1, classes=2), torch.nn.Linear(3, 3))
    z, y = torch.randn(7, 1), torch.tensor([0, 1, 1, 0, 0, 0, 1])
    assert torch.allclose(render(net, Unequal(), Request(z, y), batch=3), net(z, y), atol=1e-6)
    with pytest.raises(ValueError, match="a row for each"):
        render(net, Unequal(), Request(z, y[:3]), batch=3)


def test_a_classwise_sheet_has_a_column_for_each_class_and_a_row_for_each_z():
    net = Generator(NetSpec(shape=(3,), latent=1, classes=2), torch.nn.Linear(3, 3, bias=False))
    torch.nn.init.eye_(net[1].weight)
    sheet = classwise(net, Unequal(), 1, 2, rows=5)
    assert sheet.shape == (5, 2, 3)
    assert torch.equal(sheet[:, :, 1:], torch.eye(2).expand(5, 2, 2))
    assert torch.equal(sheet[:, 0, 0], sheet[:, 1, 0])
    assert len(sheet[:, 0, 0].unique()) == 5


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A conditional run on digits, one on points, and one that takes no labels."""
    root, how = tmp_path_factory.mktemp("runs"), {"device": "cpu", "images": 320, "batch": 16, "latent": 4}
    specs = {"digits": "dcgan:width=4+hinge+projection+cbn", "ring": "mlp+bce+cgan@ring8", "plain": "mlp+bce@ring8"}
    return {name: ganzoo.run(spec, out=root / name, **how) for name, spec in specs.items()}


def test_a_loaded_run_samples_the_classes_it_is_asked_for(runs):
    run = ganzoo.load(runs["digits"].path)
    assert run.classes == 10
    asked = run.sample(6, classes=[3, 7])
    assert asked.shape == (6, 1, 8, 8)
    again = run.sample(6, classes=[3, 7, 3])
    assert torch.equal(asked[:4], again[:4].index_copy(0, torch.tensor([3]), asked[3:4]))
    assert not torch.equal(asked, run.sample(6, classes=[7, 3]))
    assert torch.equal(run.sample(6), run.sample(6))
    assert len(run.evaluation()) == 1500


def test_a_conditional_run_goes_on_exactly(runs, tmp_path):
    how = {"device": "cpu", "batch": 16, "latent": 4, "out": tmp_path / "run"}
    for images in (160, 320):
        run = ganzoo.run(runs["digits"].recipe.spec, images=images, **how)
    a, b = (r.generator.state_dict() for r in (run, runs["digits"]))
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert run.result.metrics == runs["digits"].result.metrics


def size(path):
    with Image.open(path) as picture:
        return picture.size


def test_pictures_of_a_conditional_run_have_a_column_for_each_class(runs):
    cell = 1280 // (10 * 8) * 8 + 2
    assert size(max((runs["digits"].path / "samples").glob("*.png"))) == (10 * cell + 2, 8 * cell + 2)


@pytest.mark.parametrize(
    ("name", "classes", "reason"),
    [
        ("digits", "3,10", "classes are from 0 to 9; these were given: 3, 10"),
        ("digits", "-1", "classes are from 0 to 9; these were given: -1"),
        ("digits", "three", "'three' is no list of classes; write it as in 3,7"),
        ("digits", "", "'' is no list of classes"),
        ("plain", "1", "takes no classes; train one that does, with cgan, projection or acgan"),
    ],
)
def test_classes_that_there_are_not_are_refused(runs, name, classes, reason, tmp_path):
    done = CliRunner().invoke(
        main, ["sample", str(runs[name].path), "--classes", classes, "--npz", str(tmp_path / "x.npz")]
    )
    assert done.exit_code == 2
    assert reason in " ".join(done.output.split())
    assert not list(tmp_path.iterdir())


def test_sample_takes_classes_in_turn(runs, tmp_path):
    files = ["--npz", str(tmp_path / "x.npz"), "--grid", str(tmp_path / "x.png")]
    done = CliRunner().invoke(main, ["sample", str(runs["digits"].path), "--classes", "3,7,5", "-n", "12", *files])
    assert done.exit_code == 0, done.output
    expected = runs["digits"].sample(12, classes=[3, 7, 5]).permute(0, 2, 3, 1)
    assert torch.equal(torch.from_numpy(np.load(tmp_path / "x.npz")["samples"]), expected)
    cell = 1280 // (3 * 8) * 8 + 2
    assert size(tmp_path / "x.png") == (3 * cell + 2, 4 * cell + 2)


def test_points_of_a_conditional_run_are_sampled_too(runs):
    assert runs["ring"].sample(5, classes=[7]).shape == (5, 2)


# ---------------------------------------------------------------- learning


@pytest.mark.parametrize(
    "way", ["mlp+bce+cgan", "mlp+bce+projection", "mlp+bce+acgan", "mlp:g_norm=batch+bce+cgan+cbn"]
)
def test_samples_of_a_class_lie_at_its_mode(way):
    recipe = resolve(f"{way}@ring8", None, {"batch": 128, "latent": 8, "lr": 1e-3, "decay": "none"})
    data, engine = recipe.dataset.build(), Engine(device="cpu", threads=1, layout="contiguous")
    t = prepare(recipe, data, engine)
    for _ in range(300):
        t.round()
    y = torch.arange(4000) % 8
    x = render(calibrate_statistics(t.ema.net, data, 8, 8), data, Request(torch.randn(4000, 8), y))
    assert (data.nearest(x) == y).double().mean() > 0.95
