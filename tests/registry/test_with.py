"""`--with FILE`: a plugin that is one file, for a quick experiment."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import ganzoo
from ganzoo.cli import main
from ganzoo.recipes.recipe import resolve
from ganzoo.registry import local, registry
from ganzoo.registry.local import load_file
from ganzoo.registry.registry import WITH, current_registry, using
from ganzoo.support.errors import NoPlugin

SOFT = '''
from dataclasses import dataclass

import ganzoo


@ganzoo.hookimpl
def ganzoo_components():
    return [ganzoo.Component(kind="loss", name="soft", target=f"{__name__}:Soft", summary="hinge, of another margin")]


@dataclass(kw_only=True)
class Soft(ganzoo.Loss):
    """Hinge."""

    margin: float = MARGIN
    """m."""

    def d(self, t):
        return (self.margin - t.real_score).relu().mean() + (self.margin + t.fake_score).relu().mean()

    def g(self, t):
        return -t.fake_score.mean()
'''


@pytest.fixture
def file(tmp_path, monkeypatch):
    """file(margin, name) writes a plugin; modules of that name are forgotten afterwards."""
    monkeypatch.setenv("GANZOO_PLUGINS", "")
    registry._process_registry.cache_clear()

    def make(margin=1.0, name="soft_loss"):
        monkeypatch.setitem(sys.modules, name, None)
        del sys.modules[name]
        path = tmp_path / f"{name}.py"
        path.write_text(SOFT.replace("MARGIN", str(margin)))
        return path

    yield make
    for name in [name for name, module in sys.modules.items() if hasattr(module, "_ganzoo_file")]:
        del sys.modules[name]
    registry._process_registry.cache_clear()


def cli(*args):
    result = CliRunner().invoke(main, [*map(str, args)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_file_is_trained_recorded_and_marked(file, tmp_path):
    path, out = file(), tmp_path / "run"
    result = cli("run", "mlp:width=8+soft:margin=2@ring8", "--steps", 20, "--out", out, "--quiet", "--with", path)
    assert result.exit_code == 0, result.output
    record = json.loads((out / "result.json").read_text())
    loss = record["components"][1]
    assert record["unpublished"] is True
    assert (loss["name"], loss["plugin"], loss["distribution"]) == ("soft", "soft_loss", None)
    assert loss["source_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert record["spec"] == "mlp:width=8+soft_loss/soft:margin=2@ring8"

    without = cli("sample", out, "--npz", tmp_path / "x.npz")
    assert without.exit_code == 1
    assert "soft_loss/soft comes from a file: give it with --with soft_loss.py" in without.output
    resumed = cli("run", "mlp:width=8+soft:margin=2@ring8", "--steps", 40, "--out", out)
    assert resumed.exit_code == 2
    assert "give it with --with soft_loss.py" in resumed.output
    assert cli("sample", out, "--npz", tmp_path / "x.npz", "--with", path).exit_code == 0


def test_a_published_result_says_so(tmp_path):
    result = ganzoo.run("mlp:width=8+bce@ring8", steps=10, out=tmp_path / "run", device="cpu").result
    assert result.unpublished is False


def test_the_content_is_part_of_the_recipe(file):
    ids = []
    for margin in (1.0, 1.0, 3.0):
        with using([file(margin)]):
            ids.append(resolve("mlp+soft:margin=2@ring8").id)
    assert ids[0] == ids[1] != ids[2]


def test_commands_that_take_specs_take_files(file):
    path = file()
    assert "soft_loss/soft" in cli("list", "loss", "--with", path).output
    assert "margin  1  float" in cli("show", "soft", "--with", path).output
    assert "soft_loss/soft" in cli("show", "mlp+soft@ring8", "--with", path).output
    (row,) = json.loads(cli("plugin", "list", "--json", "--with", path).output)
    assert (row["id"], row["distribution"], row["location"], row["status"]) == ("soft_loss", "", str(path), "ok")
    assert "soft" not in cli("list", "loss").output.split()
    for command in ("run", "show", "list", "eval", "sample"):
        assert "--with FILE.py" in cli(command, "--help").output


def test_a_process_that_a_command_starts_knows_the_file_too(file, tmp_path, monkeypatch):
    environ = {**os.environ, WITH: str(file())}
    code = "from ganzoo.registry.registry import current_registry; print(current_registry().lookup('soft').name)"
    result = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "soft_loss/soft"
    values = []
    monkeypatch.setattr(
        "ganzoo.cli.list.current_registry", lambda: values.append(os.environ[WITH]) or current_registry()
    )
    cli("list", "--with", tmp_path / "soft_loss.py", "--with", file(name="other_loss"))
    assert values[0].split(os.pathsep) == [str(tmp_path / "soft_loss.py"), str(tmp_path / "other_loss.py")]
    assert WITH not in os.environ


def test_no_plugins_means_none(monkeypatch):
    monkeypatch.delenv("GANZOO_PLUGINS", raising=False)
    with using(plugins=False) as known:
        assert all(plugin.status == "disabled" for plugin in known.plugins)
    assert "--no-plugins" in cli("run", "--help").output
    assert cli("list", "--no-plugins").exit_code == 0


def test_a_command_that_fails_restores_the_environment(file, monkeypatch):
    other = str(file(name="other_loss"))
    monkeypatch.setenv(WITH, other)
    monkeypatch.setenv("GANZOO_PLUGINS", "some")
    inside, outside = [], current_registry()

    def fail():
        inside.append(
            (os.environ[WITH], os.environ["GANZOO_PLUGINS"], {plugin.id for plugin in current_registry().given})
        )
        raise ganzoo.RunError("no")

    monkeypatch.setattr("ganzoo.cli.list.current_registry", fail)
    path = file()
    assert cli("list", "--with", path, "--no-plugins").exit_code == 1
    assert inside == [(f"{other}{os.pathsep}{path}", "", {"other_loss", "soft_loss"})]
    assert (os.environ[WITH], os.environ["GANZOO_PLUGINS"]) == (other, "some")
    assert current_registry() is outside


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("bad.py", "1 / 0", "bad.py cannot be loaded: ZeroDivisionError: division by zero"),
        ("bad.py", "def broken(:", "SyntaxError"),
        ("bad.py", "raise SystemExit(3)", "SystemExit: 3"),
        ("bad.py", "x = 1", "no function ganzoo_components"),
        ("my-loss.py", "", "'my-loss' is not a valid module name; use letters, digits and _"),
        ("loss.txt", "", "no such Python file"),
        ("json.py", "", "there is another module json; rename the file"),
    ],
)
def test_a_file_that_is_not_a_plugin_is_refused(file, tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(NoPlugin) as caught:
        load_file(path)
    assert message in str(caught.value)
    assert cli("list", "--with", path).exit_code == 2


def test_two_files_of_one_name_are_refused(file, tmp_path):
    one = file()
    (tmp_path / "sub").mkdir()
    other = Path(file().rename(tmp_path / "sub" / "soft_loss.py"))
    one.write_text(other.read_text())
    with pytest.raises(NoPlugin, match="have the same name; rename one of them"):
        local.load_files([one, other])


def test_the_same_file_twice_is_run_once(file):
    path = file()
    assert load_file(path).components == load_file(path).components
    assert sys.modules["soft_loss"] is local._import_file("soft_loss", path.resolve(), path.read_bytes())


def test_python_knows_a_file_for_a_while(file, tmp_path):
    with ganzoo.using([str(file())]):
        run = ganzoo.run("mlp+soft@ring8", steps=3, out=tmp_path / "run")
        assert repr(run) == f"<Run mlp+soft_loss/soft@ring8, seed 0: ok, in {tmp_path / 'run'}>"
    with pytest.raises(
        ganzoo.RunError, match=r"--with soft_loss.py, or in Python `ganzoo.using\(\['soft_loss.py'\]\)`"
    ):
        ganzoo.load(tmp_path / "run").sample(2)


def test_verify_knows_a_file_too(file, tmp_path):
    soft, run = file(), tmp_path / "run"
    for arguments in (["run", "mlp+soft@ring8", "--steps", "3", "--out", run, "-q"], ["board", "verify", run]):
        result = CliRunner().invoke(main, [*map(str, arguments), "--with", str(soft)])
        assert result.exit_code == 0, result.output
    assert "recomputed, agrees" in result.output
