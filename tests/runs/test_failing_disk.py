"""Each call to the operating system that concerns a run's directory fails, at each point of a run in turn.

Afterwards, the newest checkpoint is whole, what was there before is not lost, the message says what to do, and the same
command ends in the same weights. GANZOO_EVERY_FAILURE=1 tries all kinds of failure at each point, which takes an hour.
"""

import errno
import os
import shutil

import pytest
from helpers.failing import failing

import ganzoo
from ganzoo.runs.rundir import RunDir
from ganzoo.support.errors import RunError

FAILURES = [errno.EINVAL, errno.ENOSPC, errno.EACCES, errno.ENOLCK, errno.EIO, errno.EINTR]
POINTS = 160
"""Calls that extending a run makes, at most: `test_all_calls_are_tried` counts them."""
EVERY = bool(os.environ.get("GANZOO_EVERY_FAILURE"))


def extend(out, steps=2):
    """Train for a round more: one evaluation, one checkpoint, all pictures."""
    return ganzoo.run("mlp:width=4+bce@ring8", steps=steps, out=out, batch=16, latent=4, device="cpu", decay="none")


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A run of one round."""
    return extend(tmp_path_factory.mktemp("runs") / "begun", steps=1).path


@pytest.fixture(scope="module")
def extended(begun, tmp_path_factory):
    """The same, extended without failures, and the calls that this took."""
    out = shutil.copytree(begun, tmp_path_factory.mktemp("runs") / "extended")
    with failing(out) as calls:
        extend(out)
    return outcome(out), calls.made


def outcome(out):
    """Weights, scores and the log."""
    newest = RunDir(out).checkpoints.newest()
    return (newest / "generator.safetensors").read_bytes(), ganzoo.load(out).result.metrics, log_of(out)


def log_of(out):
    return (out / "log.jsonl").read_bytes()


def test_all_calls_are_tried(extended):
    _, made = extended
    assert len(made) <= POINTS
    assert {name for name, _ in made} >= {"open", "write", "fsync", "rename", "flock", "stat", "scandir", "unlink"}


def one_of_each(point):
    """The kind of failure that the fast suite tries there; the kinds take turns."""
    return FAILURES if EVERY else [FAILURES[point % len(FAILURES)]]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ganzoo.GanzooWarning")
@pytest.mark.parametrize(("point", "number"), [(p, n) for p in range(POINTS) for n in one_of_each(p)])
def test_nothing_is_lost_wherever_a_call_fails(begun, extended, tmp_path, point, number):
    expected, made = extended
    if point >= len(made):
        pytest.skip("a run makes fewer calls")
    out = shutil.copytree(begun, tmp_path / "run")
    try:
        with failing(out, point, number):
            extend(out)
    except RunError as error:
        message = str(error)
        assert str(out) in message
        assert os.strerror(number) in message
        assert any(words in message for words in ("run the same command again", "nothing was changed", "--out"))
    assert RunDir(out).checkpoints.images() >= 16
    extend(out)
    assert outcome(out) == expected


@pytest.mark.filterwarnings("ignore::ganzoo.GanzooWarning")
@pytest.mark.parametrize("number", FAILURES, ids=errno.errorcode.get)
@pytest.mark.parametrize("name", ["fsync", "rename", "write", "open"])
def test_a_disk_that_fails_from_some_point_on(begun, extended, tmp_path, name, number):
    """The last such call before the checkpoint is whole: the fast suite's share of the test above."""
    expected, made = extended
    before = made.index(("rename", "checkpoints/.000000000032.tmp"))
    point = max(i for i, (call, _) in enumerate(made[: before + 1]) if call == name)
    out = shutil.copytree(begun, tmp_path / "run")
    tolerated = (name, number) in {("fsync", errno.EINVAL), ("open", errno.EACCES)}  # of the folder, to sync it
    with failing(out, point, number):
        if tolerated:
            extend(out)
        else:
            with pytest.raises(RunError, match=r"the checkpoint of 16 images is whole; .*run the same command again"):
                extend(out)
    assert RunDir(out).checkpoints.images() == (32 if tolerated else 16)
    extend(out)
    assert outcome(out) == expected
