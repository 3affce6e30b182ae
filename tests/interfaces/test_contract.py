"""What every registered part must keep to. A part is tested by being registered."""

import io
import math
from itertools import combinations

import pytest
import torch
from helpers import stand_ins
from helpers.play import Noise, draw

from ganzoo.interfaces.networks import NetSpec
from ganzoo.recipes.recipe import resolve
from ganzoo.registry.registry import current_registry, import_target, list_components
from ganzoo.support.errors import Incompatible, SpecError
from ganzoo.training.engine import Engine
from ganzoo.training.prepare import prepare

ENGINE = Engine(device="cpu", threads=1, layout="contiguous")
SHAPES = {
    "image": [(1, 8, 8), (3, 8, 8), (2, 12, 12), (3, 32, 32)],
    "points": [(2,)],
    "sequence": [(16,), (16, 3)],
    "table": [(7,)],
}
DATA = {"image": "digits", "points": "ring8"}
"""Built-in data; there is none of the other kinds."""
SMALL = {"batch": 8, "latent": 5}


def names(kind):
    return [component.name for component in list_components(kind)]


def players(architecture):
    return [(architecture.name, kind, shape) for kind in sorted(architecture.data) for shape in SHAPES[kind]]


ARCHITECTURES = [case for architecture in list_components("architecture") for case in players(architecture)]
NARROW = {"mlp": "width=8", "dcgan": "width=4", "resnet": "width=2", "infogan-net": "width=4,hidden=16"}
NARROW |= {"fc-maxout": "width=8,d_width=8"}
"""Options that make an architecture quick; one without any here is built as it is."""
LABELS = 3
BESIDE = {"cbn": "projection"}
"""Regularizers that do nothing without another."""


def narrow(architecture):
    return f"{architecture}:{NARROW[architecture]}" if architecture in NARROW else architecture


def trainer(spec, shape, **settings):
    """A trainer of `spec` on noise of this shape."""
    recipe = resolve(spec, None, {**SMALL, **settings})
    return prepare(recipe, Noise(shape, labels=LABELS, source=shape), ENGINE)


def with_regularizer(regularizer, loss):
    beside = f"+{BESIDE[regularizer]}" if regularizer in BESIDE else ""
    return f"dcgan+{loss}+{regularizer}{beside}"


def weights(player):
    return {name: x.detach().clone() for name, x in player.net.state_dict().items()}


def same(a, b):
    return all(torch.equal(x, b[name]) for name, x in a.items())


def check_moves(t):
    """Moves change their own player's parameters only, and leave everything finite."""
    for side, other in (("d", "g"), ("g", "d")):
        mine = [p.detach().clone() for p in t.players[side].params]
        theirs = [p.detach().clone() for p in t.players[other].params]
        t.play(side)
        assert all(torch.equal(a, b) for a, b in zip(theirs, t.players[other].params, strict=True)), side
        assert not all(torch.equal(a, b) for a, b in zip(mine, t.players[side].params, strict=True)), side
    assert t.finite()
    assert all(torch.isfinite(torch.tensor(value)) for value in t.losses().values())


def networks(name, shape, **label):
    """G and D of an architecture, or None and the reasons for which it builds none of this shape."""
    architecture = resolve(f"{narrow(name)}+bce").architecture.build()
    g, d = (NetSpec(shape=shape, latent=5, labels=LABELS, heads={"extra": 3}) for _ in range(2))
    for spec, way in ((g, label.get("g")), (d, label.get("d"))):
        spec.classes, spec.label = (LABELS, way) if way else (0, spec.label)
    try:
        return (architecture.generator(g), architecture.discriminator(d)), ""
    except Incompatible as refusal:
        return None, str(refusal)


@pytest.mark.parametrize("label", [{}, {"g": "concat", "d": "concat"}, {"g": "concat", "d": "projection"}], ids=str)
@pytest.mark.parametrize(("name", "kind", "shape"), ARCHITECTURES)
def test_architecture_builds_what_it_says(name, kind, shape, label):
    built, reasons = networks(name, shape, **label)
    if built is None:
        assert len(reasons.split()) > 5
        pytest.skip(reasons)
    (g, d), y = built, torch.arange(6) % LABELS
    for train in (True, False):
        for n in (1, 6) if not train else (6,):  # one sample alone has no batch statistics
            x = g.train(train)(torch.randn(n, 5), y[:n])
            out = d.train(train)(x, y[:n])
            assert x.shape == (n, *shape)
            assert x.dtype == torch.float32
            assert kind != "image" or x.abs().max() <= 1
            assert out["score"].shape == (n,)
            assert out["extra"].shape == (n, 3)
            assert out["features"].dim() == 2
            assert all(value.isfinite().all() for value in out.values())


@pytest.mark.parametrize("name", names("architecture"))
def test_architecture_builds_some_shape(name):
    assert any(networks(name, shape)[0] for of, _, shape in ARCHITECTURES if of == name)


@pytest.mark.parametrize("loss", names("loss"))
@pytest.mark.parametrize(
    ("architecture", "kind"), sorted({(name, kind) for name, kind, _ in ARCHITECTURES if kind in DATA})
)
def test_architecture_and_loss_train_20_steps(architecture, kind, loss):
    shape = next(shape for shape in SHAPES[kind] if networks(architecture, shape)[0])
    t = trainer(f"{narrow(architecture)}+{loss}@{DATA[kind]}", shape, d_steps=1)
    check_moves(t)
    for _ in range(20):
        t.round()
    assert t.finite()
    assert all(math.isfinite(value) for value in t.losses().values())


@pytest.mark.parametrize("loss", ["bce", "hinge", "rpgan"])
@pytest.mark.parametrize("regularizer", [*names("regularizer"), *names("bundle")])
def test_regularizer_moves_each_player_alone(regularizer, loss):
    bundle = regularizer in names("bundle")
    check_moves(trainer(f"dcgan+{regularizer}" if bundle else with_regularizer(regularizer, loss), (1, 8, 8)))


@pytest.mark.parametrize("pair", list(combinations(names("regularizer"), 2)), ids="+".join)
def test_regularizers_compose_or_are_refused_with_a_sentence(pair):
    try:
        t = trainer("dcgan+bce+" + "+".join(pair), (1, 8, 8))
    except Incompatible as refusal:
        reasons = str(refusal)
    else:
        return check_moves(t)
    assert len(reasons.split()) > 5


@pytest.mark.parametrize("regularizer", names("regularizer"))
def test_regularizer_trains_on_points_or_is_refused_with_a_sentence(regularizer):
    spec = with_regularizer(regularizer, "bce").replace("dcgan", "mlp")
    try:
        t = trainer(f"{spec}@ring8", (2,))
    except (Incompatible, SpecError) as refusal:
        reasons = str(refusal)
    else:
        return check_moves(t)
    assert len(reasons.split()) > 5


@pytest.mark.parametrize("regularizer", names("regularizer"))
def test_regularizer_trains_in_shards(regularizer):
    check_moves(trainer(with_regularizer(regularizer, "bce"), (1, 8, 8), shards=2))


@pytest.mark.parametrize("part", [*names("loss"), *names("regularizer")])
def test_state_survives_a_file(part):
    spec = f"dcgan+{part}" if part in names("loss") else with_regularizer(part, "bce")
    a, b = trainer(spec, (1, 8, 8)), trainer(spec, (1, 8, 8))
    for _ in range(2):
        a.round()
    file = io.BytesIO()
    torch.save(a.state_dict(), file)
    file.seek(0)
    for side in ("g", "d"):
        b.players[side].net.load_state_dict(weights(a.players[side]))
    b.load_state_dict(torch.load(file, weights_only=True))
    for _ in range(2):
        a.round()
        b.round()
    assert same(weights(a.game.g), weights(b.game.g))
    assert same(weights(a.game.d), weights(b.game.d))


@pytest.fixture
def data(request, tmp_path, monkeypatch):
    """The data set of that name; one that is read from files finds small ones in the layout of the real."""
    options = stand_ins.write(request.param, tmp_path, monkeypatch)
    return import_target(current_registry().lookup(request.param, ["dataset"]).component)(**options)


@pytest.mark.parametrize("data", names("dataset"), indirect=True)
def test_data_set_keeps_its_word(data):
    for split in (data.train, data.test):
        assert split.x.shape[1:] == data.shape
        assert split.x.dtype == (torch.uint8 if data.kind == "image" else torch.float32)
        assert split.y is None or (len(split.y) == len(split.x) and split.y.max() < data.labels)
    few = data.test.x[:50]
    again = data.decode(data.encode(few))
    assert torch.equal(again, few) if data.kind == "image" else torch.allclose(again, few, atol=1e-6)
    modes = data.modes(few)
    assert modes.shape == (len(few),)
    assert modes.max() < max(data.n_modes, 1)
    assert (data.prior is None) == (not data.n_modes)
    assert data.prior is None or (len(data.prior) == data.n_modes and data.prior.sum().item() == pytest.approx(1))
    assert len(data.revision) == 12


def test_samples_are_a_function_of_generator_and_seed():
    t = trainer("mlp+bce@ring8", (2,))
    data = import_target(current_registry().lookup("ring8", ["dataset"]).component)()
    first, again, other = (draw(t.ema.net, data, 5, 700, seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.allclose(draw(t.ema.net, data, 5, 700, 1, batch=64), first, atol=1e-5)
