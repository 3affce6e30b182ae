"""A run directory: what is written, read, locked and removed."""

import errno
import fcntl
import json
import math
import os
import stat
import threading
from contextlib import ExitStack

import msgspec
import pytest

from ganzoo.runs.checkpoints import REQUIRED
from ganzoo.runs.records import Header, Numerics, Shapes
from ganzoo.runs.rundir import RunDir
from ganzoo.support.errors import GanzooWarning, RunError
from ganzoo.support.locks import acquire, is_locked

FILES = {name: name.encode() for name in REQUIRED}
HEADER = Header(
    spec="mlp+bce@ring8",
    id="0123456789ab",
    seed=0,
    parts=[],
    settings={"lr": 1e-3},
    setting_sources={},
    data=Shapes(revision="0123456789ab", n_train=10, shape=(2,), labels=0),
    parameters={"g": 1, "d": 1},
    chosen={},
    engine=Numerics(device="cpu", threads=1, layout="contiguous", precision="fp32"),
)


@pytest.fixture
def folder(tmp_path):
    """Of a run that began."""
    folder = RunDir(tmp_path / "run")
    folder.path.mkdir()
    folder.begin(HEADER)
    return folder


def everything(path):
    return sorted(str(p.relative_to(path)) for p in path.rglob("*"))


# ---------------------------------------------------------------- directories


def test_directories_that_were_made_in_vain_are_removed_and_no_others(tmp_path):
    with RunDir(tmp_path / "a" / "b" / "c").locked():
        assert everything(tmp_path) == ["a", "a/b", "a/b/c", "a/b/c/.ganzoo.lock"]
    assert everything(tmp_path) == []
    (tmp_path / "mine" / "empty").mkdir(parents=True)
    with pytest.raises(ZeroDivisionError), RunDir(tmp_path / "mine" / "empty").locked():
        raise ZeroDivisionError
    assert everything(tmp_path) == ["mine", "mine/empty"]


@pytest.mark.parametrize("name", ["samples/photo.png", "checkpoints/mine.pt", "notes.txt", "recipe.json/x"])
def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    before = everything(tmp_path)
    with pytest.raises(RunError, match=r"no run directory.*has no recipe.json"), RunDir(tmp_path).locked():
        pass
    assert everything(tmp_path) == before


def test_a_directory_of_a_run_that_was_killed_at_once_can_be_used(tmp_path):
    for name in (".ganzoo.lock", ".recipe.json.1234.tmp"):
        (tmp_path / name).touch()
    folder = RunDir(tmp_path)
    with folder.locked():
        folder.begin(HEADER)
    assert folder.header() == HEADER


def test_out_that_is_a_file_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(RunError, match=r"cannot write .*/file.*--out"), RunDir(path).locked():
            pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_out_that_is_not_writable_is_a_sentence(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(RunError, match=r"Permission denied.*--out"), RunDir(tmp_path / "run").locked():
        pass


def test_one_process_at_a_time_which_others_can_see(folder):
    assert not folder.running()
    with folder.locked():
        assert folder.running()
        with pytest.raises(RunError, match="another process is writing"), RunDir(folder.path).locked():
            pass
    assert not folder.running()


def test_clear_removes_what_a_run_wrote_and_nothing_else(folder):
    folder.checkpoint(100, FILES)
    folder.picture(100, b"")
    folder.log({"images": 100})
    folder.result_file.touch()
    (folder.path / "notes.txt").touch()
    folder.clear()
    assert everything(folder.path) == ["notes.txt", "recipe.json"]


# ---------------------------------------------------------------- checkpoints


def test_the_last_two_checkpoints_are_kept(folder):
    for images in (100, 900, 1_000_000_000_000, 2_000_000_000_000):  # the last two have a digit more than names pad to
        folder.checkpoint(images, FILES)
    assert {int(p.name) for p in folder.checkpoints.path.iterdir()} == {1_000_000_000_000, 2_000_000_000_000}
    assert folder.checkpoints.images() == 2_000_000_000_000


def test_a_lock_that_was_removed_meanwhile_is_not_taken_for_one(tmp_path):
    """The process that held it had nothing to keep, and removed the file under the name that others wait for."""
    path = tmp_path / "lock"
    first = acquire(path)
    waiting = open(path, "a+")  # noqa: SIM115
    path.unlink()
    first.close()
    second = acquire(path)
    assert os.path.samestat(os.fstat(second.fileno()), os.stat(path))
    assert acquire(path) is None
    waiting.close()
    second.close()


def test_who_looks_at_a_run_does_not_keep_another_from_starting(tmp_path):
    path = tmp_path / "lock"
    path.touch()
    with open(path) as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        threading.Timer(0.1, reader.close).start()
        lock = acquire(path)
    assert lock is not None
    assert is_locked(path)
    lock.close()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP], ids=errno.errorcode.get)
def test_a_disk_without_locks_is_used_and_a_warning_says_so(tmp_path, monkeypatch, number):
    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    folder = RunDir(tmp_path / "run")
    with ExitStack() as held:
        with pytest.warns(GanzooWarning, match=r"run is on a disk without locks \(.*no other process"):
            held.enter_context(folder.locked())
        folder.begin(HEADER)
        assert not folder.running()
    assert folder.header() == HEADER


def test_a_disk_that_cannot_sync_folders_is_used(folder, monkeypatch):
    """As CIFS and some FUSE folders are."""
    real = os.fsync

    def fsync(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    folder.checkpoint(100, FILES)
    assert folder.checkpoints.images() == 100


def test_no_checkpoint_is_none(folder):
    assert (folder.checkpoints.newest(), folder.checkpoints.images()) == (None, 0)


MANIFEST = dict.fromkeys(REQUIRED, "0" * 64)


@pytest.mark.parametrize(
    "manifest",
    [b"", b"{}", b"[]", b"null", b"3", b"\xff", b'{"g.safetensors": 1}', json.dumps(MANIFEST).encode()],
)
def test_a_checkpoint_whose_manifest_is_damaged_is_passed_over(folder, manifest):
    folder.checkpoint(100, FILES)
    newest = folder.checkpoint(200, FILES)
    (newest / "manifest.json").write_bytes(manifest)
    with pytest.warns(GanzooWarning, match=r"000200 is damaged: manifest.json .*000100 is used instead"):
        assert folder.checkpoints.images() == 100


def test_a_manifest_names_exactly_the_files_of_a_checkpoint(folder):
    whole = json.loads((folder.checkpoint(100, FILES) / "manifest.json").read_text())
    newest = folder.checkpoint(200, FILES)
    for name in REQUIRED:
        (newest / "manifest.json").write_text(json.dumps({k: v for k, v in whole.items() if k != name}))
        with pytest.warns(GanzooWarning, match=f"manifest.json does not name {name}"):
            assert folder.checkpoints.images() == 100
    (newest / "manifest.json").write_text(json.dumps(whole))
    assert folder.checkpoints.images() == 200


@pytest.mark.parametrize("name", REQUIRED)
def test_a_checkpoint_of_which_a_file_is_damaged_or_missing_is_passed_over(folder, name):
    folder.checkpoint(100, FILES)
    newest = folder.checkpoint(200, FILES)
    (newest / name).write_bytes(b"x")
    with pytest.warns(GanzooWarning, match=f"{name} has 1 bytes and not {len(name)}"):
        assert folder.checkpoints.images() == 100
    (newest / name).unlink()
    with pytest.warns(GanzooWarning, match=f"{name} is missing"):
        assert folder.checkpoints.images() == 100


# ---------------------------------------------------------------- log, and a full disk


def test_what_was_logged_after_the_checkpoint_is_forgotten(folder):
    for images in (100, 200, 300):
        folder.log({"images": images, "losses": {"d": 0.5}})
    with open(folder.log_file, "a") as file:
        file.write('null\n[]\n{"images": "x"}\n{"images": 100, "los')
    folder.trim_log(200)
    assert [json.loads(line)["images"] for line in folder.log_file.read_text().splitlines()] == [100, 200]
    folder.trim_log(0)
    assert folder.log_file.read_text() == ""


def test_the_log_is_json_also_where_a_loss_is_no_number(folder):
    folder.log({"images": 1, "losses": {"d": math.nan, "g": math.inf}})
    line = json.loads(folder.log_file.read_text(), parse_constant=lambda name: pytest.fail(name))
    assert line["losses"] == {"d": None, "g": None}


@pytest.mark.parametrize(
    "step",
    [
        lambda folder: folder.picture(200, b"png"),
        lambda folder: folder.checkpoint(200, FILES),
        lambda folder: folder.begin(HEADER),
        lambda folder: folder.trim_log(0),
    ],
    ids=["picture", "checkpoint", "recipe", "log"],
)
def test_a_full_disk_is_a_sentence_that_says_what_is_safe(folder, monkeypatch, step):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    folder.checkpoint(100, FILES)
    folder.log({"images": 100})
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match=r"No space left on device; the checkpoint of 100 images is whole; make room"):
        step(folder)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_at_the_log_is_a_sentence(folder):
    folder.log_file.symlink_to("/dev/full")
    with pytest.raises(RunError, match=r"log.jsonl: No space left on device; there is no checkpoint; make room"):
        folder.log({"images": 1})


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize("content", [b"", b"null", b"{}", b"[]", b"3", b"\xff", b'{"spec": 3}'])
def test_what_is_no_recipe_or_result_is_a_sentence(folder, content):
    for path, read in ((folder.recipe_file, folder.header), (folder.result_file, folder.result)):
        path.write_bytes(content)
        with pytest.raises(RunError, match=rf"{path.name} cannot be read .*--force"):
            read()


@pytest.mark.parametrize("change", [{"threads": 0}, {"threads": "many"}, {"layout": "nhwc"}, {"precision": "fp99"}])
def test_an_engine_that_is_none_is_a_sentence(folder, change):
    said = msgspec.to_builtins(HEADER)
    said["engine"] |= change
    folder.recipe_file.write_text(json.dumps(said))
    with pytest.raises(RunError, match=rf"`\$.engine.{next(iter(change))}`"):
        folder.header()


def test_what_is_read_is_what_was_written(folder):
    assert folder.header() == HEADER
    assert folder.result() is None
    assert RunDir(folder.path / "elsewhere").header() is None
