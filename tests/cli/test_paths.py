"""Paths that users give: with ~, links, pipes, and names that are not UTF-8; and what is said of what is in them."""

import json
import os
import stat
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from ganzoo.cli import main
from ganzoo.recipes.recipe import dataset, resolve
from ganzoo.registry.registry import using
from ganzoo.support.errors import RunError, SpecError

QUICK = ["--steps", "1", "-s", "batch=8", "-s", "latent=2", "--device", "cpu"]


def typed(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def done(*arguments):
    finished = typed(*arguments)
    assert finished.exit_code == 0, finished.output
    return finished


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    done("run", "mlp:width=8+bce@ring8", *QUICK, "--out", out, "-q")
    return out


@pytest.fixture
def pictures(tmp_path):
    """A folder of twelve pictures and a note."""
    folder = tmp_path / "faces"
    folder.mkdir()
    for i in range(12):
        noise = np.random.default_rng(i).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{i}.png")
    return folder


# ---------------------------------------------------------------- a home


def test_a_tilde_is_the_home_in_options_and_variables(tmp_path, monkeypatch):
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GANZOO_RUNS", "~/runs")
    done("run", "mlp:width=8+bce@ring8", *QUICK, "-q")
    done("run", "mlp:width=8+bce@ring8", *QUICK, "-q", "--out=~/out")
    done("sample", "~/out", "-n", 4, "--npz=~/s.npz", "--grid=~/s.png")
    done("plot", "~/out", "--out=~/curves.png")
    done("eval", "~/s.npz", "--data", "ring8", "--metric", "modes")
    done("board", "~/out", "--html=~/site")
    done("bench", "mlp:width=8+bce@ring8", *QUICK[:6], "--seeds", "1", "--records=~/records.jsonl", "--dry-run")
    assert "1 " not in done("runs", "~/out").output.splitlines()[0]
    assert os.listdir(tmp_path) == ["home"]
    made = sorted(name for name in os.listdir(tmp_path / "home") if name != ".config")  # which is matplotlib's
    assert made == ["curves.png", "out", "runs", "s.npz", "s.png", "site"]


def test_a_home_that_is_not_there_is_wrong_use(run):
    finished = typed("sample", run, "--npz", "~no-such-user/s.npz")
    assert finished.exit_code == 2
    assert "~no-such-user/s.npz: the home ~no-such-user is not known; write the whole path" in finished.output
    with pytest.raises(SystemExit):
        main(["run", "mlp+bce", "--data", "folder:~no-such-user/x"])


# ---------------------------------------------------------------- what is written


@pytest.mark.parametrize(
    "command", [["sample", "RUN", "-n", 4, "--npz"], ["sample", "RUN", "-n", 4, "--grid"], ["plot", "RUN", "--out"]]
)
def test_outputs_leave_links_and_modes(run, tmp_path, command):
    far, link = tmp_path / "far", tmp_path / "link.png"
    far.write_text("before")
    far.chmod(0o600)
    link.symlink_to(far)
    done(*[run if word == "RUN" else word for word in command], link)
    assert link.is_symlink()
    assert stat.S_IMODE(far.stat().st_mode) == 0o600
    assert far.read_bytes()[:4] in (b"PK\3\4", b"\x89PNG")


def test_a_pipe_gets_the_samples(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        done("sample", run, "-n", 4, "--npz", tmp_path / "pipe")
        assert reader.stdout.read()[:4] == b"PK\3\4"


# ---------------------------------------------------------------- what is listed


def test_runs_behind_links_are_listed_once(run, tmp_path):
    (tmp_path / "linked").symlink_to(run.parent)
    (tmp_path / "again").symlink_to(run)
    (tmp_path / "loop").symlink_to("loop")
    rows = [json.loads(line) for line in done("runs", tmp_path, "--json").output.splitlines()]
    assert [(row["path"], row["status"]) for row in rows] == [
        (str(tmp_path / "again"), "ok"),
        (str(tmp_path / "loop"), "unreadable"),
    ]
    assert "Too many levels of symbolic links" in rows[1]["message"]
    assert done("runs", tmp_path / "none").output.startswith("no runs in")


# ---------------------------------------------------------------- what is said


def test_run_and_eval_say_what_is_used_and_what_is_not(pictures, tmp_path):
    (pictures / "notes.txt").touch()
    command = [sys.executable, "-m", "ganzoo", "run", f"mlp:width=8+bce@folder:{pictures}", *QUICK, "--out", "r"]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True)
    assert "  10 samples to train on, 2 held out\n" in finished.stdout
    not_used = f"Warning: {pictures}/notes.txt: is not used: its name does not end as that of an image\n"
    assert finished.stderr.count(not_used) == 1
    command = [sys.executable, "-m", "ganzoo", "eval", pictures, "--data", f"folder:{pictures}", "--metric", "kid"]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True)
    assert "12 of 12 samples are scored; folder has 10 to train on and 2 held out" in finished.stderr
    assert not_used in finished.stderr


@pytest.mark.parametrize("text", ["faces", "./faces", "faces/", "faces:size=8", "faces.npz", "ABSOLUTE"])
def test_a_path_in_the_place_of_a_data_set_is_told(pictures, monkeypatch, text):
    monkeypatch.chdir(pictures.parent)
    np.savez("faces.npz", np.zeros(1))
    text = text.replace("ABSOLUTE", str(pictures))
    path = text.partition(":")[0]
    kind, what = ("npz", "file") if "npz" in text else ("folder", "folder")
    told = f"{path} is a {what} and no data set; to use its images, write {kind}:{path}"
    for find in (lambda: dataset(text), lambda: resolve("mlp+bce", text), lambda: resolve(f"mlp+bce@{text}")):
        with pytest.raises(SpecError) as error:
            find()
        assert error.value.faults[-1] == told
    assert dataset(f"{kind}:{path}").name == kind


def test_a_folder_of_the_name_of_a_data_set_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    assert dataset("digits").name == resolve("mlp+bce@digits").dataset.name == "digits"


# ---------------------------------------------------------------- another run


def test_only_what_differs_is_said_of_another_run(run, tmp_path):
    def said(*words):
        finished = typed("run", *words, "--out", run)
        assert finished.exit_code == RunError.exit_code
        return finished.output.partition("seed 0")[2].partition("; use another")[0]

    assert said("mlp:width=8+bce@ring8", *QUICK, "--seed", 1) == ")"
    assert said("mlp:width=8+bce@ring8", *QUICK, "-s", "lr=1", "--seed", 1).startswith("; there lr=0.001 and not 1")
    without_decay = ["-s", "decay=none", "-s", "images=99"]
    assert said("mlp:width=8+bce@ring8", *QUICK[2:], *without_decay) == (
        "; there images=8 and not 99, decay=cosine and not none)"
    )


def test_another_file_of_a_part_is_no_other_budget(tmp_path):
    plugin = tmp_path / "soft.py"
    text = (
        "from dataclasses import dataclass\nimport ganzoo\n\n@ganzoo.hookimpl\ndef ganzoo_components():\n"
        "    return [ganzoo.Component(kind='loss', name='soft', target=f'{__name__}:Soft', summary='softplus')]\n\n"
        "@dataclass(kw_only=True)\nclass Soft(ganzoo.Loss):\n"
        "    def d(self, t):\n        return t.fake_score.mean() - t.real_score.mean()\n\n"
        "    def g(self, t):\n        return -t.fake_score.mean()\n"
    )
    plugin.write_text(text)
    arguments = ["run", "mlp:width=8+soft@ring8", *QUICK[2:], "-s", "decay=none", "--out", tmp_path / "r", "-q"]
    done(*arguments, "--steps", 1, "--with", plugin)
    plugin.write_text(text + "# edited\n")
    with using([plugin]):
        finished = typed(*arguments, "--steps", 2)
    assert finished.exit_code == 1
    assert "; there another file of soft/soft)" in finished.output


# ---------------------------------------------------------------- names that are not UTF-8


ODD = os.fsdecode(b"\xff\xe9")
ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}


@pytest.mark.parametrize("environment", [ASCII, pytest.param({}, marks=pytest.mark.slow)])
def test_names_need_not_be_utf_8_nor_terminals(run, tmp_path, environment):
    def finished(*words):
        command = [sys.executable, "-m", "ganzoo", *map(str, words)]
        environ = {**os.environ, **environment}
        ended = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, timeout=300, check=False)
        assert b"Traceback" not in ended.stderr, ended.stderr.decode(errors="replace")
        return ended

    folder = tmp_path / ODD / "é"
    folder.mkdir(parents=True)
    (folder / "run").symlink_to(run)
    assert finished("sample", folder / "run", "-n", 4, "--npz", folder / "s.npz").returncode == 0
    assert (folder / "s.npz").exists()
    assert finished("eval", folder / "s.npz", folder / "run", "--metric", "modes").returncode == 0
    (row,) = finished("runs", tmp_path, "--json").stdout.splitlines()
    assert json.loads(row)["path"].encode("utf-8", "surrogateescape") == os.fsencode(folder / "run")
    assert finished("run", "mlp:width=8+bce@ring8", *QUICK, "--out", folder / "out").returncode == 0
    with pytest.raises(SpecError, match="is not UTF-8, as files of a run are; give it a name that is, or link to it"):
        dataset(f"folder:{folder}")
