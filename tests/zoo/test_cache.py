"""Reference statistics on disk, and features that do not fit into memory."""

import pytest
import torch
from helpers.measures import Some, noise, normal

from ganzoo.zoo.datasets.digits import Digits
from ganzoo.zoo.metrics import base, cache, features
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.fid import FID, reference
from ganzoo.zoo.metrics.gaussian import Gaussian

KEY = {"what": "gaussian", "data": "0123456789ab"}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "ganzoo" / "statistics"


def counted(calls):
    def compute():
        calls.append(1)
        return {"mean": normal(4), "value": torch.tensor(2.5, dtype=torch.float64)}

    return compute


def test_what_was_computed_is_read_again(home):
    calls = []
    first, again = (cache.stored(KEY, counted(calls)) for _ in range(2))
    assert calls == [1]
    assert torch.equal(first["mean"], again["mean"])
    assert again["value"].item() == 2.5
    assert [path.suffix for path in home.iterdir()] == [".safetensors"]


def test_another_key_is_another_file(home):
    calls = []
    for key in (KEY, KEY | {"data": "ba9876543210"}, KEY | {"n": 5}):
        cache.stored(key, counted(calls))
    assert calls == [1] * 3
    assert len(list(home.iterdir())) == 3


@pytest.mark.parametrize("damage", ["cut", "bit", "other", "empty"])
def test_a_damaged_file_is_computed_anew(home, damage):
    calls = []
    cache.stored(KEY, counted(calls))
    (path,) = home.iterdir()
    raw = bytearray(path.read_bytes())
    if damage == "bit":
        raw[-1] ^= 1
    elif damage == "other":
        raw = raw.replace(b"0123456789ab", b"ba9876543210")
    path.write_bytes({"cut": raw[:-3], "empty": b""}.get(damage, bytes(raw)))
    assert torch.equal(cache.stored(KEY, counted(calls))["mean"], normal(4))
    assert calls == [1, 1]
    cache.stored(KEY, counted(calls))
    assert calls == [1, 1]


def test_a_disk_that_cannot_be_written_is_passed_over(tmp_path, monkeypatch):
    (tmp_path / "ganzoo").write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert torch.equal(cache.stored(KEY, counted([]))["mean"], normal(4))


def test_statistics_of_large_data_are_kept_on_disk(home, monkeypatch):
    reference(Evaluation(Some(), noise(2, 1, 8, 8)), Some().extractor, "train")
    assert not home.exists()  # small data are computed faster than they are read
    monkeypatch.setattr(base, "LARGE", 1)
    first = reference(Evaluation(Some(), noise(2, 1, 8, 8)), Some().extractor, "train")
    assert len(list(home.iterdir())) == 1
    monkeypatch.setattr(Gaussian, "fit", lambda parts: pytest.fail("computed again"))
    again = reference(Evaluation(Some(), noise(2, 1, 8, 8)), Some().extractor, "train")
    assert torch.equal(first.covariance, again.covariance)
    assert torch.equal(first.root, again.root)


def test_scores_are_the_same_from_disk(home, monkeypatch):
    monkeypatch.setattr(base, "LARGE", 1)
    x = Digits().train.x[:600]
    first, again = (FID()(Evaluation(Some(), x)) for _ in range(2))
    assert first == again
    assert len(list(home.iterdir())) == 5  # two splits, and three floors


# ---------------------------------------------------------------- features


@pytest.mark.parametrize("most", [10, 10**6])
def test_features_are_kept_in_memory_or_in_a_file(monkeypatch, most):
    monkeypatch.setattr(features, "IN_MEMORY", most)
    monkeypatch.setattr(features, "BATCH", 20)
    x = normal(100, 3, dtype=torch.float32)
    found = features.Features(iter(x.split(30)), 100)
    assert torch.equal(torch.cat(list(found.batches(7, 95))), x[7:95])
    assert torch.equal(found.whole, x)
    assert torch.equal(found.whole[torch.tensor([5, 99])], x[[5, 99]])
    assert torch.equal(torch.cat(list(found.batches(0, 100))), x)


def test_a_reference_is_the_same_whether_features_are_in_memory_or_not(monkeypatch):
    whole = FID()(Evaluation(Digits(), Digits().train.x[:600]))
    monkeypatch.setattr(features, "IN_MEMORY", 0)
    assert FID()(Evaluation(Digits(), Digits().train.x[:600])) == whole


def test_progress_is_called_after_every_batch():
    calls, data = [], Digits()
    e = Evaluation(data, data.test.x, progress=lambda *call: calls.append(call))
    small = lambda x: x.flatten(1).float()  # noqa: E731
    small.key, small.batch = "small", 200
    e.features_of(small, e.progress)
    e.features_of(small, e.progress)  # each sample is seen once
    assert calls == [("small", 200, 500), ("small", 400, 500), ("small", 500, 500)]
    assert torch.equal(e.samples(100).features_of(small), e.features_of(small)[:100])
