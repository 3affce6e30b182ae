"""G and D that take what the data gives: what reaches them, in which rows, and what is refused."""

from dataclasses import dataclass

import pytest
import torch
from helpers.play import assembled, trainer
from torch import nn

from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import then
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import Incompatible
from ganzoo.testing.trials import FP64, Noise
from ganzoo.training.batches import Batches, Prefetcher
from ganzoo.training.networks import Form
from ganzoo.training.sampling import Request, calibrate_statistics, evaluation_request, render
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.architectures.resnet import ResNet
from ganzoo.zoo.datasets.base import Data, Split
from ganzoo.zoo.losses import BCE, Hinge
from ganzoo.zoo.nn.conditioning import ConcatGiven
from ganzoo.zoo.regularizers.conditional import ConditionalGAN, Given
from ganzoo.zoo.regularizers.pack import Pack


class Doubles(Data):
    """x is 2 given; whole numbers, so that every row can be told."""

    kind, name, metrics, primary = "points", "doubles", (), "none"

    def __init__(self, train=60, test=7, paired=True, test_paired=True, labels=0):
        self.sizes, self.paired, self.labels = (train, test), (paired, test_paired), labels

    def load(self):
        return [self.split(n, paired) for n, paired in zip(self.sizes, self.paired, strict=True)]

    def split(self, n, paired):
        given = torch.arange(n).double()[:, None].expand(n, 3).contiguous()
        y = torch.arange(n) % self.labels if self.labels else None
        return Split(2 * given[:, :2], y, given if paired else given.flip(0)[: n // 2], paired)

    def encode_given(self, given):
        return given.float() / 8


class Tap(Regularizer):
    """Keeps the turns of the moves."""

    def __init__(self):
        super().__init__()
        self.turns = []

    def turn(self, t):
        self.turns.append(t)


def of(data, *terms, batch=8, **settings):
    tap = Tap()
    terms = [BCE(), *terms, tap]
    t = trainer(MLP(width=4), terms, None, Settings(batch=batch, latent=4, **settings), data=data)
    return t, tap.turns


# ---------------------------------------------------------------- batches


def test_pairs_stay_pairs_in_every_epoch():
    batches = Batches(Doubles(), FP64, seed=1)
    for start in range(0, 300, 8):
        x, _, given = batches("d", start, 8)
        assert torch.equal(x / 16, given[:, :2])


def test_what_is_not_paired_has_an_order_of_its_own_and_comes_once_an_epoch():
    batches = Batches(Doubles(paired=False), FP64, seed=1)
    rows = torch.cat([batches("d", start, 10).given[:, 0] for start in range(0, 60, 10)])
    assert sorted((rows[:30] * 8).round().tolist()) == list(range(30, 60))
    assert sorted((rows[30:] * 8).round().tolist()) == list(range(30, 60))
    assert not torch.equal(rows[:30], rows[30:])


def test_pairs_that_are_loaded_ahead_are_the_same():
    plain, ahead = (Batches(Doubles(paired=False, labels=3), FP64, seed=1) for _ in range(2))
    ahead.load = Prefetcher(ahead.load_samples)
    for start in (0, 8, 16, 40):
        assert all(torch.equal(a, b) for a, b in zip(plain("g", start, 8), ahead("g", start, 8), strict=True))


def test_data_may_choose_the_rows_of_a_batch_and_what_is_given():
    class Chosen(Doubles):
        def choose(self, n, random):
            rows = torch.randint(5, (n,), generator=random)
            return rows, 100 + self.train.given[rows]

    a, b = (Batches(Chosen(), FP64, seed=1) for _ in range(2))
    x, _, given = a("d", 16, 8)
    assert torch.equal(x, b("d", 16, 8).x)  # a function of (seed, side, start)
    assert not torch.equal(x, a("d", 24, 8).x)
    assert not torch.equal(x, a("g", 16, 8).x)
    assert x.max() <= 8
    assert torch.allclose(x / 16 + 12.5, given[:, :2])


def test_rows_that_are_chosen_have_their_own_given_unless_it_is_made():
    class Chosen(Doubles):
        def choose(self, n, random):
            return torch.randint(5, (n,), generator=random), None

    x, _, given = Batches(Chosen(), FP64, seed=1)("d", 0, 8)
    assert torch.equal(x / 16, given[:, :2])


# ---------------------------------------------------------------- turns


def test_both_networks_get_what_belongs_to_the_reals():
    t, turns = of(Doubles(), Given())
    calls = {"g": [], "d": []}
    t.game.g.net.register_forward_pre_hook(lambda net, inputs: calls["g"].append(inputs[2]))
    t.game.d.net.register_forward_pre_hook(lambda net, inputs: calls["d"].append(inputs[2]))
    t.round()
    for turn in turns:
        assert torch.equal(turn.real / 16, turn.given[:, :2])
    d_turn, g_turn = turns
    assert all(torch.equal(given, d_turn.given) for given in (calls["g"][0], *calls["d"][:2]))
    assert torch.equal(calls["g"][1], g_turn.given)
    assert t.game.takes == {"g", "d"}


def test_samples_depend_on_what_is_given():
    t, _ = of(Doubles(), Given())
    t.round()
    z = torch.randn(5, 4).double()
    given = torch.randn(5, 3).double()
    net = t.game.g.net
    assert not torch.allclose(net(z, None, given), net(z, None, given + 1))
    with pytest.raises(ValueError, match="takes what is given"):
        net(z)


def test_networks_that_are_not_asked_to_take_it_do_not():
    t, turns = of(Doubles())
    seen = []
    t.game.g.net.register_forward_pre_hook(lambda net, inputs: seen.append(len(inputs)))
    t.round()
    assert seen == [2, 2]
    assert turns[0].given is not None  # terms may use it


def test_given_beside_labels():
    t, _ = of(Doubles(labels=3), Given(), ConditionalGAN())
    t.round()
    assert t.game.g.net[-2].out_features == 2
    assert t.finite()


@pytest.mark.parametrize(
    ("shape", "width"), [((3, 8, 8), 3), ((2, 4, 4), 2), ((5,), 5)], ids=["same size", "smaller", "vector"]
)
def test_images_are_joined_to_images_as_channels(shape, width):
    x, given = torch.randn(4, 1, 8, 8), torch.randn(4, *shape)
    joined = ConcatGiven()(x, given)
    assert joined.shape == (4, 1 + width, 8, 8)
    assert torch.equal(joined[:, :1], x)
    if len(shape) == 1:
        assert torch.equal(joined[:, 1:], given[:, :, None, None].expand(-1, -1, 8, 8))
    elif shape[1] == 4:
        assert torch.equal(joined[:, 1:], given.repeat_interleave(2, 2).repeat_interleave(2, 3))
    else:
        assert torch.equal(joined[:, 1:], given)


@pytest.mark.parametrize("architecture", [DCGAN(width=4), ResNet(width=2), MLP(width=8)])
@pytest.mark.parametrize("source", [(1, 16, 16), (3, 8, 8), (6,)])
def test_architectures_take_it(architecture, source):
    data = Noise((1, 16, 16), source=source)
    t = trainer(architecture, [Hinge(), Given()], None, Settings(batch=8, latent=4), data=data)
    for _ in range(2):
        t.round()
    assert t.finite()


# ---------------------------------------------------------------- views


def test_a_pair_is_augmented_as_one_image():
    class Mirror(Regularizer):
        def turn(self, t):
            t.view = then(t.view, lambda x: x.flip(-1))

    data = Noise((1, 8, 8), source=(2, 8, 8))
    t = trainer(DCGAN(width=4), [BCE(), Given(), Mirror(), tap := Tap()], None, Settings(batch=8, latent=4), data=data)
    seen = []
    t.game.d.net.register_forward_pre_hook(lambda net, inputs: seen.append(inputs))
    t.play("d")
    real, _, given = seen[0]
    assert torch.equal(real, tap.turns[0].real.flip(-1))
    assert torch.equal(given, tap.turns[0].given.flip(-1))


def test_pairs_are_packed_together():
    data = Noise((1, 8, 8), source=(2, 8, 8))
    terms = [BCE(), Given(), Pack(m=2), tap := Tap()]
    t = trainer(DCGAN(width=4), terms, None, Settings(batch=8, latent=4), data=data)
    seen = []
    t.game.d.net.register_forward_pre_hook(lambda net, inputs: seen.append(inputs))
    t.play("d")
    real, _, given = seen[0]
    turn = tap.turns[0]
    assert torch.equal(real, turn.real.reshape(4, 2, 8, 8))
    assert torch.equal(given, turn.given.reshape(4, 4, 8, 8))
    assert t.finite()


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("data", "terms", "why"),
    [
        (Doubles(paired=False), [Given()], "this data is not paired"),
        (Noise((2,)), [Given()], "this data gives nothing"),
        (Noise((1, 8, 8), source=(5,)), [Given(), Pack(m=2)], "different sizes"),
    ],
)
def test_what_cannot_be_given_is_refused(data, terms, why):
    with pytest.raises(Incompatible, match=why):
        trainer(MLP(width=4), [BCE(), *terms], None, Settings(batch=8, latent=4), data=data)


def test_an_architecture_that_takes_nothing_is_refused():
    class Plain(MLP):
        def generator(self, spec):
            class Net(nn.Linear):
                def forward(self, z, y=None):
                    return super().forward(z)

            return Net(4, 2)

    with pytest.raises(Incompatible, match="its architecture cannot"):
        assembled(Plain(width=4), [BCE(), Given()], Form((2,), source=(3,)))


def test_a_builder_may_set_it_itself():
    @dataclass
    class Translator(MLP):
        def generator(self, spec):
            spec.given = spec.source
            return super().generator(spec)

    data = Doubles(paired=False)
    t = trainer(Translator(width=4), [BCE()], None, Settings(batch=8, latent=4), data=data)
    t.round()
    assert t.game.takes == {"g"}


# ---------------------------------------------------------------- evaluation


def test_an_evaluation_asks_for_each_held_out_row_as_often():
    data = Doubles(labels=3)
    t, _ = of(data, Given(), ConditionalGAN())
    request, answer = evaluation_request(data, t.game, 4, 21)
    assert sorted(request.given[:, 0].tolist()) == sorted(3 * list(range(7)))
    assert torch.equal(answer, 2 * request.given[:, :2])
    assert torch.equal(request.y, request.given[:, 0].long() % 3)
    again, _ = evaluation_request(data, t.game, 4, 21)
    assert all(torch.equal(a, b) for a, b in zip(request, again, strict=True))


def test_held_out_rows_that_are_not_paired_have_no_answer():
    data = Doubles(paired=False, test_paired=False)
    t = trainer(MLP(width=4), [BCE()], None, Settings(batch=8, latent=4), data=data)
    t.game.takes = frozenset({"g"})
    request, answer = evaluation_request(data, t.game, 4, 6)
    assert answer is None
    assert sorted(request.given[:, 0].tolist()) == sorted(2 * [4, 5, 6])


def test_samples_are_made_in_batches_of_rows_in_the_networks_units():
    net = MLP(width=4).generator(NetSpec(shape=(2,), latent=4, given=(3,), source=(3,))).double()
    request = Request(torch.randn(7, 4).double(), None, torch.arange(21.0).reshape(7, 3))
    whole = render(net, Doubles(), request)
    assert torch.allclose(whole, render(net, Doubles(), request, batch=2), atol=1e-6)
    with torch.no_grad():
        direct = net(request.z, None, request.given.double() / 8)
    assert torch.allclose(whole, direct.float(), atol=1e-6)


def test_statistics_are_measured_with_rows_of_the_train_split():
    seen = []

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(3)

        def forward(self, z, y=None, given=None):
            seen.append(given)
            return self.norm(given)

    net = calibrate_statistics(Net(), Doubles(), 4, 0, given=True)
    assert torch.allclose(net.norm.running_mean, torch.full((3,), 3.6875), atol=0.1)  # of 0 .. 59 / 8
    assert all(given.shape == (500, 3) for given in seen)
