"""What every registered part must keep to. A part is tested by being registered."""

import io
from itertools import combinations

import pytest
import torch
from play import Noise

from ganzoo.build import assemble
from ganzoo.engine import Engine
from ganzoo.feed import Feed
from ganzoo.interfaces import Incompatible, NetSpec
from ganzoo.recipe import resolve
from ganzoo.registry import default, list_components, load
from ganzoo.session import draw
from ganzoo.trainer import Trainer

ENGINE = Engine(device="cpu", threads=1, layout="contiguous")
SHAPES = {"image": [(1, 8, 8), (3, 8, 8), (2, 12, 12), (3, 32, 32)], "points": [(2,)]}
DATA = {"image": "digits", "points": "ring8"}
SMALL = {"batch": 8, "latent": 5}


def names(kind):
    return [component.name for component in list_components(kind)]


def players(architecture):
    return [(architecture.name, kind, shape) for kind in sorted(architecture.data) for shape in SHAPES[kind]]


ARCHITECTURES = [case for architecture in list_components("architecture") for case in players(architecture)]
WITH_LOSS = [(loss, "mlp", kind) for loss in names("loss") for kind in DATA] + [
    (loss, "dcgan", "image") for loss in names("loss")
]


def trainer(spec, shape, **settings):
    """A trainer of `spec` on noise of this shape."""
    recipe = resolve(spec, None, {**SMALL, **settings})
    built = assemble(recipe, shape, 0, ENGINE, seed=0)
    return Trainer(built.game, built.terms, Feed(Noise(shape), ENGINE, 0), recipe.settings, seed=0)


def weights(player):
    return {name: x.detach().clone() for name, x in player.net.state_dict().items()}


def same(a, b):
    return all(torch.equal(x, b[name]) for name, x in a.items())


def check_moves(t):
    """Moves change their own player's parameters only, and leave everything finite."""
    for side, other in (("d", "g"), ("g", "d")):
        mine = [p.detach().clone() for p in t.players[side].params]
        theirs = [p.detach().clone() for p in t.players[other].params]
        t.move(side)
        assert all(torch.equal(a, b) for a, b in zip(theirs, t.players[other].params, strict=True)), side
        assert not all(torch.equal(a, b) for a, b in zip(mine, t.players[side].params, strict=True)), side
    assert t.finite()
    assert all(torch.isfinite(torch.tensor(value)) for value in t.losses().values())


@pytest.mark.parametrize(("name", "kind", "shape"), ARCHITECTURES)
def test_architecture_builds_what_it_says(name, kind, shape):
    architecture = load(default().lookup(name, ["architecture"]).component)()
    spec = NetSpec(shape=shape, latent=5, heads={"extra": 3})
    g, d = architecture.generator(spec), architecture.discriminator(spec)
    for train in (True, False):
        for n in (1, 6) if not train else (6,):  # one sample alone has no batch statistics
            x = g.train(train)(torch.randn(n, 5))
            out = d.train(train)(x)
            assert x.shape == (n, *shape)
            assert x.dtype == torch.float32
            assert kind != "image" or x.abs().max() <= 1
            assert out["score"].shape == (n,)
            assert out["extra"].shape == (n, 3)
            assert out["features"].dim() == 2
            assert all(value.isfinite().all() for value in out.values())


@pytest.mark.parametrize(("loss", "architecture", "kind"), WITH_LOSS)
def test_loss_moves_each_player_alone(loss, architecture, kind):
    check_moves(trainer(f"{architecture}+{loss}@{DATA[kind]}", SHAPES[kind][0]))


@pytest.mark.parametrize("loss", ["bce", "hinge", "rpgan"])
@pytest.mark.parametrize("regularizer", [*names("regularizer"), *names("bundle")])
def test_regularizer_moves_each_player_alone(regularizer, loss):
    bundle = regularizer in names("bundle")
    check_moves(trainer(f"dcgan+{regularizer}" if bundle else f"dcgan+{loss}+{regularizer}", (1, 8, 8)))


@pytest.mark.parametrize("pair", list(combinations(names("regularizer"), 2)), ids="+".join)
def test_regularizers_compose_or_are_refused_with_a_sentence(pair):
    try:
        t = trainer("dcgan+bce+" + "+".join(pair), (1, 8, 8))
    except Incompatible as refusal:
        reasons = str(refusal)
    else:
        return check_moves(t)
    assert len(reasons.split()) > 5


@pytest.mark.parametrize("part", [*names("loss"), *names("regularizer")])
def test_state_survives_a_file(part):
    spec = f"dcgan+{part}" if part in names("loss") else f"dcgan+bce+{part}"
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


@pytest.mark.parametrize("name", [c.name for c in list_components("dataset") if c.name not in ("mnist", "folder")])
def test_data_set_keeps_its_word(name):
    data = load(default().lookup(name, ["dataset"]).component)()
    for split in (data.train, data.test):
        assert split.x.shape[1:] == data.shape
        assert split.x.dtype == (torch.uint8 if data.kind == "image" else torch.float32)
        assert split.y is None or (len(split.y) == len(split.x) and split.y.max() < data.labels)
    few = data.test.x[:50]
    again = data.decode(data.encode(few))
    assert torch.equal(again, few) if data.kind == "image" else torch.allclose(again, few, atol=1e-6)
    modes = data.modes(few)
    assert modes.shape == (50,)
    assert modes.max() < max(data.n_modes, 1)
    assert data.prior.sum().item() == pytest.approx(1)
    assert len(data.revision) == 12


def test_samples_are_a_function_of_generator_and_seed():
    t = trainer("mlp+bce@ring8", (2,))
    data = load(default().lookup("ring8", ["dataset"]).component)()
    first, again, other = (draw(t.average.net, data, 5, 700, seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.allclose(draw(t.average.net, data, 5, 700, 1, batch=64), first, atol=1e-5)
