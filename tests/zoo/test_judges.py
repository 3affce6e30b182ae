import json
import shutil

import pytest
import torch

from ganzoo.support.errors import DataError
from ganzoo.zoo.datasets.digits import Digits, StackedDigits
from ganzoo.zoo.datasets.mnist import MNIST, FashionMNIST
from ganzoo.zoo.judges import judge as judge_module
from ganzoo.zoo.judges.judge import JUDGES, apply_in_batches, load_judge
from ganzoo.zoo.judges.randconv import RandConv
from ganzoo.zoo.metrics.base import SampleSet

NAME = "digits-judge-v1"


@pytest.fixture
def copy(tmp_path):
    for suffix in ("json", "safetensors"):
        shutil.copy(JUDGES / f"{NAME}.{suffix}", tmp_path)
    return tmp_path


def test_the_judge_knows_held_out_digits_and_its_card_says_so():
    judge, data = load_judge(NAME), Digits()
    accuracy = (judge.decide(judge(data.test.x))[:, 0].argmax(-1) == data.test.y).double().mean().item()
    assert accuracy >= 0.975
    assert judge.card["accuracy"]["test"] == pytest.approx(accuracy, abs=0.002)
    assert judge.card["data"] == {"name": "digits", "revision": data.revision, "split": "train"}


@pytest.mark.parametrize(("make", "least"), [(MNIST, 0.992), (FashionMNIST, 0.91)])
def test_judges_of_28_pixels_know_held_out_images_and_their_cards_say_so(make, least):
    judge, card = load_judge(make.judge), load_judge(make.judge).card
    assert (JUDGES / f"{make.judge}.safetensors").stat().st_size <= 1_000_000
    assert card["accuracy"]["test"] >= least
    assert (card["data"]["name"], card["data"]["split"]) == (make.name, "train")
    try:
        paths = make.files.find()
    except DataError:
        paths = None
    if not paths:
        pytest.skip(f"{make.files.title} left out: GANZOO_DATA does not point to a folder that holds {make.name}/")
    data = make()
    assert card["data"]["revision"] == data.revision
    right = judge.decide(judge(data.test.x))[:, 0].argmax(-1) == data.test.y
    assert right.double().mean().item() == pytest.approx(card["accuracy"]["test"], abs=0.0005)


def test_the_key_pins_the_weights():
    judge = load_judge(NAME)
    assert judge.key == f"{NAME}@{judge.card['sha256'][:8]}"


def test_weights_that_are_not_those_of_the_card_are_refused(copy):
    file = copy / f"{NAME}.safetensors"
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1
    file.write_bytes(raw)
    with pytest.raises(DataError, match=r"safetensors: the weights have the sha256 .* but their card says"):
        load_judge(NAME, copy)


def test_a_card_of_other_weights_is_refused(copy):
    card = copy / f"{NAME}.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"sha256": "0" * 64}))
    with pytest.raises(DataError, match="but their card says 000000000000"):
        load_judge(NAME, copy)


def test_an_unknown_judge_is_refused():
    with pytest.raises(DataError, match=f"no judge 'faces'; there are: {NAME}"):
        load_judge("faces")


def test_channels_are_judged_alone():
    judge, x = load_judge(NAME), Digits().test.x[:6]
    stacked = x.reshape(2, 3, 8, 8)
    assert torch.allclose(judge(stacked), judge(x).reshape(2, -1), atol=1e-5)
    logits = judge.decide(judge(stacked))
    assert logits.shape == (2, 3, 10)
    assert torch.equal(logits.argmax(-1).flatten(), judge.decide(judge(x)).argmax(-1).flatten())


def test_features_alone_tell_the_class():
    judge, data = load_judge(NAME), StackedDigits()
    x = data.test.x[:50]
    assert torch.equal(data.modes_of(judge(x)), data.modes(x))
    batch_sizes, body = [], judge.network.body.forward
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge.network.body, "forward", lambda x: batch_sizes.append(len(x)) or body(x))
        measured = SampleSet(data, x)
        assert measured.features.shape == (50, 144)
        assert torch.equal(measured.modes, data.modes_of(measured.features))
    assert sum(batch_sizes) == 150


def test_features_are_ordinary_tensors_without_gradients():
    features = load_judge(NAME)(Digits().test.x[:2])
    assert features.dtype == torch.float32
    assert not features.requires_grad
    assert not features.is_inference()


def test_batches_do_not_matter(monkeypatch):
    x = Digits().test.x[:10]
    whole = apply_in_batches(lambda part: part * 2, x)
    monkeypatch.setattr(judge_module, "BATCH_VALUES", 3 * 64)
    sizes = []
    assert torch.equal(apply_in_batches(lambda part: sizes.append(len(part)) or part * 2, x), whole)
    assert sizes == [3, 3, 3, 1]


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 9), (1, 28, 28), (4, 64, 64)])
def test_random_convolutions_take_any_images(shape):
    x = torch.randint(256, (5, *shape), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    features = RandConv(shape)(x)
    assert features.shape == (5, 64)
    assert features.isfinite().all()
    assert (features.std(0) > 0).all()


def test_random_convolutions_are_always_the_same():
    torch.manual_seed(1)
    first = RandConv((1, 8, 8))
    torch.manual_seed(2)
    assert RandConv((1, 8, 8)).key == first.key == "randconv-v1@9b39a81c"
    assert RandConv((3, 8, 8)).key != first.key
