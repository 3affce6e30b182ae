"""What metrics compare samples by."""

import hashlib
import io
import math

import pytest
import torch
from helpers.measures import Coloured, noise, scores_of

from ganzoo.evaluation import evaluate
from ganzoo.support.errors import DataError, Incompatible, SpecError, Unavailable
from ganzoo.zoo.datasets.digits import Digits, StackedDigits
from ganzoo.zoo.datasets.mixtures import Ring
from ganzoo.zoo.extractors import inception
from ganzoo.zoo.extractors.inception import SHA256, Inception
from ganzoo.zoo.extractors.offline import Pixels, PrincipalComponents, RandomConvolutions
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.fid import FID
from ganzoo.zoo.metrics.inception_score import InceptionScore, inception_score, log_probabilities


@pytest.fixture(scope="module")
def digits():
    return Digits()


def test_names_are_looked_up_with_their_options(digits):
    assert evaluate.extractor("judge")(digits).key == digits.extractor.key
    assert evaluate.extractor("randconv")(digits).key.startswith("randconv-v1@")
    assert evaluate.extractor("pixels:k=5")(digits)(digits.test.x).shape == (500, 5)
    with pytest.raises(SpecError, match="no extractor is called 'inceptoin'; nearest: inception"):
        evaluate.extractor("inceptoin")
    with pytest.raises(SpecError, match="pixels has no option 'n'"):
        evaluate.extractor("pixels:n=5")


def test_components_are_pixels_turned():
    x = noise(50, 1, 4, 4)
    turned = PrincipalComponents(x, 64, "0" * 12)(x).double()
    flat = x.flatten(1).double() / 255
    assert turned.shape == (50, 16)
    assert torch.allclose(torch.cdist(turned, turned), torch.cdist(flat, flat), atol=1e-5)
    variances = turned.var(0)
    assert (variances.diff() <= 1e-6).all()


def test_a_second_extractor_has_keys_of_its_own(digits):
    keys = [
        score.key
        for name in ("judge", "randconv", "pixels")
        for score in FID(extractor=name)(Evaluation(digits, digits.test.x, find_extractor=evaluate.extractor))
    ]
    assert len(set(keys)) == len(keys) == 18


@pytest.mark.parametrize("part", [RandomConvolutions(), Pixels(), Inception()])
def test_points_have_no_pixels(part):
    with pytest.raises(Incompatible, match="takes images, but ring8 is points"):
        part(Ring())


def test_without_a_registry_only_the_judge_is_known():
    with pytest.raises(Incompatible, match="randconv cannot be looked up here"):
        FID(extractor="randconv")(Evaluation(Digits(), Digits().test.x))


# ---------------------------------------------------------------- Inception


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Random weights in the real format: torch-fidelity's own network, saved as its file is."""
    from torch_fidelity import feature_extractor_inceptionv3 as theirs

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("inception") / "weights.pth"
    built = theirs.FeatureExtractorInceptionV3
    patch = pytest.MonkeyPatch()
    patch.setattr(theirs, "load_state_dict_from_url", lambda *_, **__: {})
    patch.setattr(built, "load_state_dict", lambda self, state: None)
    net = built("random", ["2048"])
    patch.undo()
    torch.save(net.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def random_inception(weights):
    return Inception(weights, unpinned=True)


def test_weights_of_another_hash_are_refused(weights, digits):
    with pytest.raises(DataError, match=rf"not the Inception weights of 2015: its sha256 is .*, not {SHA256[:12]}"):
        Inception(weights)(digits)


def test_weights_that_are_not_pinned_show_in_the_key(weights, random_inception, digits):
    extractor = random_inception(digits)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert extractor.key == f"inception-unpinned@{digest[:8]}"
    assert extractor.said.endswith(f"sha256 {digest}")


def test_features_are_those_of_torch_fidelity(weights, random_inception):
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    x = noise(2, 3, 32, 32)
    theirs = FeatureExtractorInceptionV3("x", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(weights))
    ours = random_inception(Coloured())
    with torch.no_grad():
        features, logits = theirs(x)
    own_features = ours(x)
    assert torch.allclose(own_features, features, rtol=1e-4, atol=1e-5)
    assert torch.allclose(ours.decide(own_features), logits, rtol=1e-4, atol=1e-4)
    assert not own_features.is_inference()


def test_grey_images_are_tiled_and_only_uint8_is_taken(random_inception, digits):
    ours = random_inception(digits)
    x = digits.test.x[:1]
    assert torch.equal(ours(x), ours(x.repeat(1, 3, 1, 1)))
    with pytest.raises(TypeError, match=r"uint8 images, not torch\.float32"):
        ours(x.float())


def test_fid_and_is_with_inception(weights, digits):
    spec = f"inception:weights={weights},unpinned=yes"
    e = Evaluation(digits, noise(6, 1, 8, 8, seed=1), find_extractor=evaluate.extractor)
    score = FID(extractor=spec, draws=1)(e)[0]  # too few samples for a number
    assert score.protocol.startswith("inception-unpinned@")
    assert score.protocol.endswith(",ref=digits/train:1297,n=6,draws=1")
    said, too_few = e.notes
    assert said == f"inception: {weights}, sha256 {hashlib.sha256(weights.read_bytes()).hexdigest()}"
    assert too_few.startswith(
        "FID of 6 samples depends mostly on how few they are: it takes 50 samples (here 6) and 50"
    )
    log_p = log_probabilities(e.extractor(spec), e.features_of(e.extractor(spec)))
    assert log_p.shape == (6, 1008)
    assert 1 <= inception_score(log_p, 2)[0] < 1008


def test_a_named_file_must_be_there(monkeypatch, tmp_path, digits):
    monkeypatch.setenv("GANZOO_INCEPTION", str(tmp_path / "nowhere.pth"))
    with pytest.raises(DataError, match=r"nowhere\.pth: no such file; it should hold the Inception weights"):
        Inception()(digits)


def test_what_is_no_file_of_weights_is_refused(tmp_path, digits):
    path = tmp_path / "weights.pth"
    path.write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"weights\.pth: cannot be read as the weights of Inception"):
        Inception(path, unpinned=True)(digits)
    torch.save({"fc.bias": torch.zeros(3)}, path)
    with pytest.raises(DataError, match="cannot be read as the weights"):
        Inception(path, unpinned=True)(digits)


def test_weights_that_would_run_code_are_not_loaded(tmp_path, digits):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("the file was unpickled",))

    torch.save({"x": Bomb()}, tmp_path / "bomb.pth")
    with pytest.raises(DataError, match="cannot be read as the weights"):
        Inception(tmp_path / "bomb.pth", unpinned=True)(digits)


def test_without_weights_the_data_s_own_extractor_is_used_and_said_so(monkeypatch, tmp_path, digits):
    def offline(*_, **__):
        raise OSError("no route to host")

    monkeypatch.delenv("GANZOO_INCEPTION", raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(inception, "urlopen", offline)
    with pytest.raises(Unavailable, match=r"cannot be downloaded \(no route to host\)"):
        Inception()(digits)
    for _ in range(2):  # each evaluation is told, though the data set object is the same
        e = Evaluation(digits, digits.test.x, find_extractor=evaluate.extractor)
        scores = FID(extractor="inception")(e)
        assert all(score.protocol.startswith(digits.extractor.key) for score in scores)
        (note,) = e.notes
        assert note.startswith("the Inception weights are not in")
        assert note.endswith(f"{digits.extractor.key} is used instead, and the protocol names it")


def test_a_download_is_kept_only_if_it_is_what_was_published(monkeypatch, tmp_path):
    monkeypatch.setattr(inception, "urlopen", lambda *_, **__: io.BytesIO(b"something else"))
    with pytest.raises(Unavailable, match="the downloaded file has the sha256"):
        inception.download(tmp_path / "weights.pth")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(inception, "SHA256", hashlib.sha256(b"the weights").hexdigest())
    monkeypatch.setattr(inception, "urlopen", lambda *_, **__: io.BytesIO(b"the weights"))
    assert inception.download(tmp_path / "hub" / "weights.pth").read_bytes() == b"the weights"


def test_two_channels_are_no_colours(digits):
    class Two(Coloured):
        shape = (2, 8, 8)

    with pytest.raises(Incompatible, match="images of 1 or 3 channels, and coloured has 2"):
        Inception()(Two())


# ---------------------------------------------------------------- Inception score of judges


def test_the_score_of_real_digits_is_nearly_ten(digits):
    scores = scores_of(InceptionScore(), digits, digits.test.x)
    assert 8.5 < scores["is"] < 10
    assert scores_of(InceptionScore(), digits, digits.test.x[digits.test.y == 0].repeat(10, 1, 1, 1))["is"] < 1.2


def test_the_score_of_stacked_digits_is_over_a_thousand_combinations():
    data = StackedDigits()
    scores = scores_of(InceptionScore(splits=1), data, data.test.x[:8_000])
    assert 500 < scores["is"] < 1_000


def test_data_without_a_judge_have_no_score():
    with pytest.raises(Incompatible, match="knows no classes; take is:extractor=inception"):
        scores_of(InceptionScore(), Coloured(), Coloured().test.x)
    assert math.isfinite(scores_of(FID(draws=1), Coloured(), Coloured().test.x)["fid"])
