"""Files that are written whole, files below folders, and paths that users write."""

import os
import stat
import threading
from pathlib import Path

import pytest

from ganzoo.support.errors import WrongUse
from ganzoo.support.files import all_named_by, cache_dir, config_dir, expanded, files_below, named_by, write


def test_a_link_stays_a_link_and_what_it_points_to_is_written(tmp_path):
    (tmp_path / "far").mkdir()
    for name in ("new", "old"):
        (tmp_path / name).symlink_to(tmp_path / "far" / name)
    (tmp_path / "far" / "old").write_text("before")
    for name in ("new", "old"):
        write(tmp_path / name, b"after")
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / "far" / name).read_bytes() == b"after"
    assert sorted(os.listdir(tmp_path / "far")) == ["new", "old"]
    assert sorted(os.listdir(tmp_path)) == ["far", "new", "old"]


def test_a_link_to_itself_is_an_error_and_stays(tmp_path):
    (tmp_path / "x").symlink_to("x")
    with pytest.raises(OSError, match="symbolic links"):
        write(tmp_path / "x", b"")
    assert (tmp_path / "x").is_symlink()


def test_a_pipe_is_written_to(tmp_path):
    pipe, received = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    write(pipe, b"content")
    reader.join(10)
    assert received == [b"content"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_device_is_written_to(tmp_path):
    (tmp_path / "null").symlink_to(os.devnull)
    write(tmp_path / "null", b"content")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    assert (tmp_path / "null").is_symlink()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has /dev/full")
def test_what_a_device_says_is_an_error():
    with pytest.raises(OSError, match="No space left"):
        write(Path("/dev/full"), b"content")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_a_file_keeps_its_mode(tmp_path, mode):
    (tmp_path / "x").touch()
    (tmp_path / "x").chmod(mode)
    write(tmp_path / "x", b"content")
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == mode


def test_a_new_file_has_the_usual_mode(tmp_path):
    write(tmp_path / "x", b"")
    (tmp_path / "y").touch()
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "y").stat().st_mode


# ---------------------------------------------------------------- below a folder


def test_each_folder_is_searched_once_and_links_last(tmp_path):
    for name in ("a/b/1", "z/2", ".hidden/3"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    for name, target in {"a/b/loop": "..", "a/linked": "../z", "up": "."}.items():
        (tmp_path / name).symlink_to(target)
    unread = []
    found = [str(path.relative_to(tmp_path)) for path in files_below(tmp_path, unread.append)]
    assert found == [".hidden/3", "a/b/1", "z/2"]
    assert unread == []


def test_what_cannot_be_searched_is_told(tmp_path):
    (tmp_path / "x").symlink_to("x")
    unread = []
    assert files_below(tmp_path, unread.append) == [tmp_path / "x"]
    assert files_below(tmp_path / "none", unread.append) == []
    assert [Path(error.filename).name for error in unread] == ["x", "none"]


# ---------------------------------------------------------------- paths that users write


def test_a_tilde_is_the_home_at_the_start_only(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("SOME", "~/a:/b::~")
    assert expanded("~/x") == Path("/home/me/x")
    assert expanded(Path("~")) == Path("/home/me")
    assert expanded("a/~/x") == Path("a/~/x")
    assert expanded("./~x") == Path("./~x")
    assert named_by("SOME_OTHER", "~/y") == Path("/home/me/y")
    assert all_named_by("SOME") == [Path("/home/me/a"), Path("/b"), Path("/home/me")]
    with pytest.raises(WrongUse, match="~nobody-of-this-name/x: the home ~nobody-of-this-name is not known; write"):
        expanded("~nobody-of-this-name/x")


@pytest.mark.parametrize(("folder", "variable"), [(cache_dir, "XDG_CACHE_HOME"), (config_dir, "XDG_CONFIG_HOME")])
def test_folders_of_a_user_may_be_named_with_a_tilde(monkeypatch, folder, variable):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv(variable, "~/mine")
    assert folder() == Path("/home/me/mine/ganzoo")
    monkeypatch.setenv(variable, "")
    assert folder().parent.parent == Path("/home/me")
