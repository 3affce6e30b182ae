"""torch-fidelity's pure functions, on the same features, as oracles."""

import numpy as np
import pytest
import torch
from helpers.measures import normal
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric

from ganzoo.zoo.metrics.gaussian import Gaussian
from ganzoo.zoo.metrics.inception_score import inception_score
from ganzoo.zoo.metrics.kid import mmd
from ganzoo.zoo.metrics.prdc import prdc


def pair(width, n=300, m=400, offset=0.5):
    """Features of two kinds, correlated and off centre."""
    mix = normal(width, width, seed=3) / width**0.5
    return normal(n, width) @ mix + offset, normal(m, width, seed=1) @ mix * 1.3


@pytest.mark.parametrize("offset", [0.0, 5.0, 300.0])
@pytest.mark.parametrize("width", [4, 48])
def test_frechet_distance(width, offset):
    a, b = pair(width, offset=offset)
    stats = [fid_features_to_statistics(x) for x in (a, b)]
    theirs = fid_statistics_to_metric(*stats, verbose=False)["frechet_inception_distance"]
    assert Gaussian.fit(a.split(70)).distance_to_samples(b) == pytest.approx(theirs, rel=1e-6)
    moments = [(torch.from_numpy(s["mu"]), torch.from_numpy(s["sigma"])) for s in stats]
    assert Gaussian(*moments[0]).distance(*moments[1]) == pytest.approx(theirs, rel=1e-6)


@pytest.mark.parametrize("width", [4, 48])
def test_kernel_distance(width):
    a, b = pair(width, 250, 250)
    theirs = kid_features_to_metric(a, b, kid_subsets=1, kid_subset_size=250, verbose=False)
    assert mmd(a, b) == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-10)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_precision_and_recall(k):
    fake, real = (x.float() for x in pair(8, 200, 300))
    theirs = prc_features_to_metric(fake, real, prc_neighborhood=k, prc_batch_size=64, verbose=False)
    ours = prdc(real, fake, k)
    assert 0 < ours["precision"] < 1
    assert 0 < ours["recall"] < 1
    assert {name: ours[name] for name in ("precision", "recall")} == pytest.approx(
        {name: theirs[name] for name in ("precision", "recall")}, abs=1e-6
    )


def test_inception_score():
    logits = 3 * normal(400, 20)
    theirs = isc_features_to_metric(logits, splits=10, shuffle=False)
    ours = inception_score(logits.log_softmax(1), 10)
    assert np.allclose(ours, list(theirs.values()), rtol=1e-12)
