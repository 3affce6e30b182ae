"""Metrics of data that is neither images nor points: each scores it, or says why not."""

import pytest
import torch
from helpers.words import Spelling, Words, random_words

from ganzoo.evaluation.evaluate import apply_metrics, evaluate, extractor, metric, metrics_of, second_opinion
from ganzoo.interfaces.scores import value_of
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.datasets.digits import Digits
from ganzoo.zoo.datasets.mixtures import Ring
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.swd import wasserstein


@pytest.fixture(scope="module")
def words():
    data = Words()
    data.name = "words"
    return data


def evaluation(data, x, y=None):
    return Evaluation(data, x, y, find_extractor=extractor)


@pytest.mark.parametrize("name", ["fid", "kid", "prdc", "swd", "vendi", "ndb:k=20", "memorization", "distribution"])
def test_samples_as_they_are_have_scores(words, name):
    e = evaluation(words, random_words(600, 9))
    scores = apply_metrics(e, [metric(name)])
    assert [score for score in scores if score.value is not None]
    assert all("identity" in score.protocol for score in scores if score.protocol.partition(",")[0][:4] != "ref=")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("modes", "modes: those of words are not known"),
        ("hq", "hq: sigma is known for modes of points only, and words is sequence"),
        ("is", "is: identity, of sequence, knows no classes; take another metric"),
        ("ms-ssim", "ms-ssim needs images of 32 pixels a side or more, and words is sequence"),
        ("smoothness", "smoothness walks through latent space"),
        ("cas", "cas needs samples with the class of each"),
        ("augmentation", "augmentation needs samples with the class of each"),
        ("fid:extractor=randconv", "the extractor randconv takes images, but words is sequence; take judge"),
        ("fid:extractor=inception", "the extractor inception takes images, but words is sequence"),
    ],
)
def test_what_does_not_apply_says_so(words, name, said):
    with pytest.raises(Incompatible) as refusal:
        apply_metrics(evaluation(words, random_words(300, 9)), [metric(name)])
    assert str(refusal.value).startswith(said)


def test_swd_is_of_flat_samples(words):
    e = evaluation(words, random_words(200, 9))
    (score, *_) = metric("swd")(e)
    assert score.value == wasserstein(e.x.double(), e.training_samples(200).x.double(), 512)
    assert "patches" not in score.protocol


def test_classes_of_points_are_learned_from_their_coordinates():
    data = Ring()
    x, y = data.draw(500, seed=5)
    scores = evaluate(data, x, [metric("cas")], y)
    assert value_of(scores, "cas") == value_of(scores, "cas.real") == 1
    assert scores[0].protocol.startswith("logistic,identity,ref=ring8/test:10000")


def test_pictures_of_one_number_a_sample():
    e = evaluation(Ring(), Ring().test.x[:100])
    e.data.extractor = lambda x: x[:, :1].float()
    e.data.extractor.key = "first"
    assert metric("distribution").picture(e).size[1] > 100


def test_a_protocol_begins_with_the_extractor_unless_samples_are_compared_as_they_are(words):
    assert evaluation(words, words.test.x).judge_prefix == ""
    assert evaluation(Ring(), Ring().test.x[:5]).judge_prefix == ""
    assert evaluation(Digits(), Digits().test.x[:5]).judge_prefix.startswith("digits-judge-v1@")


# ---------------------------------------------------------------- metrics with options, and further splits


class Judged(Digits):
    """Digits with metrics whose options are its own."""

    metrics = ("fid:extractor=randconv,draws=1", "modes:counts=yes")


def test_a_data_set_may_give_options_of_its_metrics():
    fid, modes = metrics_of(Judged())
    assert (fid.extractor, fid.draws, modes.counts) == ("randconv", 1, True)
    scores = evaluate(Judged(), Judged().train.x[:500], metrics_of(Judged()))
    (fid_score,) = (score for score in scores if score.name == "fid")
    assert fid_score.protocol.startswith("randconv-v1@")
    assert fid_score.protocol.endswith(",draws=1")
    assert value_of(scores, "count.3") > 20


def test_random_features_are_a_second_opinion_of_a_judge_only(words):
    assert [type(m).__name__ for m in second_opinion(Digits())] == ["FID"]
    assert second_opinion(Judged()) == []
    assert second_opinion(Ring()) == []
    words_by_fid = Words()
    words_by_fid.metrics = ("fid",)
    assert second_opinion(words_by_fid) == []
    digits_in_few = Digits()
    digits_in_few.metrics = ("fid:n=100",)
    assert len(second_opinion(digits_in_few)) == 1


def test_further_splits_are_seen_by_metrics(words):
    e = evaluation(words, random_words(50, 9))
    outliers = e.whole_split("outliers")
    assert torch.equal(outliers.x, words.splits["outliers"].x)
    assert e.whole_split("outliers") is outliers
    assert e.reference("outliers").startswith("words@")
    assert e.reference("outliers").endswith("/outliers:30")
    assert Spelling().share(outliers.x) < 0.2 < Spelling().share(e.whole_split("train").x) == 1
