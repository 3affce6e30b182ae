"""The command line, as far as nothing is trained: in processes of their own, as a person would start them."""

import json
import os
import re
import subprocess
import sys
import textwrap

import pytest
from click.testing import CliRunner

from ganzoo.cli import main
from ganzoo.interfaces.component import Component
from ganzoo.registry import registry
from ganzoo.registry.registry import Registry
from ganzoo.zoo.catalog import ganzoo_components

KINDS_WITH_PARTS = ("architecture", "loss", "regularizer", "bundle", "dataset", "metric", "extractor", "launcher")


def ganzoo(*args, **environ):
    environ = {**os.environ, "GANZOO_PLUGINS": "", "OMP_NUM_THREADS": "1", **environ}
    return subprocess.run([sys.executable, "-m", "ganzoo", *args], capture_output=True, text=True, env=environ)


def refused(*args, code=2, **environ):
    result = ganzoo(*args, **environ)
    assert (result.returncode, result.stdout) == (code, "")
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["--version"], ["list"], ["plugin", "list"], ["list", "--help"]])
def test_what_only_looks_imports_no_torch(args):
    code = """
        import sys
        from ganzoo.cli import main
        main(sys.argv[1:], standalone_mode=False)
        heavy = {"torch", "rich", "numpy", "msgspec"} & set(sys.modules)
        assert not heavy, heavy
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code), *args], check=True, stdout=subprocess.DEVNULL)


def test_help_imports_no_command():
    needed = {"ganzoo", "ganzoo.cli", "ganzoo.support", "ganzoo.support.version"}
    code = "import sys; from ganzoo.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert {m for m in out.splitlines()[-1].split() if m.startswith("ganzoo")} == needed


def test_help_lists_the_commands():
    result = ganzoo("-h")
    assert result.returncode == 0
    assert all(f"  {name} " in result.stdout for name in ("run", "eval", "sample", "runs", "list", "show", "plugin"))


def test_errors_go_to_stderr_without_a_traceback():
    assert "there is no command 'shwo'; nearest: show" in refused("shwo")
    assert "Error: 2 mistakes:\n  - " in refused("show", "dcgan+bec", "-s", "bach=1")


def test_list_shows_every_kind():
    lines = ganzoo("list").stdout.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == list(KINDS_WITH_PARTS)
    assert ganzoo("list", "loss").stdout.startswith("loss\n  bce ")


def test_list_fits_the_terminal():
    assert max(map(len, ganzoo("list", COLUMNS="70").stdout.splitlines())) <= 70


def test_list_as_json():
    parts = json.loads(ganzoo("list", "bundle", "--json").stdout)
    assert {"name": "wgangp", "expands": "wgan+gp", "plugin": None}.items() <= parts[0].items()


def test_show_a_part():
    out = ganzoo("show", "gp").stdout
    assert "  λ E(‖∇D(x̂)‖ - 1)², x̂ = " in out
    assert "gp: regularizer, built in" in out
    assert "arXiv:1704.00028" in out
    assert "weight  10  float >= 0" in out
    assert "expands to  wgan+gp" in CliRunner().invoke(main, ["show", "wgangp"]).output
    folder = json.loads(CliRunner().invoke(main, ["show", "folder", "--json"]).output)
    options = folder["options"]
    assert folder["doc"].splitlines()[0].endswith(".")
    assert (options[0]["name"], options[0]["required"]) == ("path", True)


def test_show_a_recipe():
    out = ganzoo("show", "dcgan+wgangp", "-s", "lr=1e-4").stdout
    assert "dcgan:width=32,g_refine=true+wgan+gp:weight=3@digits\nrecipe " in out
    for line in ("  d_steps    1       dataset digits (for wgangp)", "  width     32     dataset digits"):
        assert line in out
    rows = [line.split() for line in out.splitlines()]
    assert ["lr", "0.0001", "given"] in rows
    assert ["betas", "0,0.95", "dataset", "digits", "(for", "wgangp)"] in rows
    assert ["d.norm", "none"] in rows


def test_show_a_recipe_as_json():
    recipe = json.loads(CliRunner().invoke(main, ["show", "mlp+r3@ring8", "--json"]).output)
    assert recipe["spec"].startswith("mlp+rpgan+r1:weight=0.1+r2:weight=0.1@ring8")
    assert min(recipe["sizes"]["g"], recipe["sizes"]["d"]) > 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["show", "dcgna"], "nearest: dcgan"),
        (["show", "dcgan+wgangpp"], "nearest: wgangp"),
        (["show", "dcgan+bce@digitz"], "nearest: digits"),
        (["show", "dcgan+bce", "--data", "digitz"], "nearest: digits"),
        (["show", "dcgan+bce", "-s", "bach=3"], "nearest: batch"),
        (["show", "dcgan+bce", "-s", "batch"], "not NAME=VALUE"),
        (["show", "dcgan:norm=bach+bce"], "nearest: batch"),
        (["show", "dcgan+r1+r1:x=1"], "2 mistakes"),
        (["list", "los"], "nearest: loss"),
        (["show", "%"], "is no name of a part"),
        (["show"], "Missing argument"),
        (["--no-such"], "No such option"),
    ],
)
def test_wrong_use_gives_a_message(args, message):
    result = CliRunner().invoke(main, args)  # in this process, which has imported torch already
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize("target", ["json:loads", "json:JSONDecoder", "json:no_such"])
@pytest.mark.parametrize("command", ["show soft", "show dcgan+soft", "show dcgan+soft --json"])
def test_all_commands_report_an_invalid_part_alike(command, target):
    known = Registry([*ganzoo_components(), Component(kind="loss", name="soft", target=target)], environ={})
    token = registry._registry_in_use.set(known)
    try:
        result = CliRunner().invoke(main, command.split())
    finally:
        registry._registry_in_use.reset(token)
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
    assert re.search(
        rf"Error: loss 'soft'.* {target}(:| is no dataclass; make it a class with @dataclass)", result.output
    )


def test_data_that_cannot_be_read_exits_1():
    result = ganzoo("show", "dcgan+bce@folder:no/such/folder")
    assert result.returncode == 1
    assert "no/such/folder" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture
def broken(tmp_path):
    """A path with one plugin that cannot be imported."""
    info = tmp_path / "ganzoo_bad-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ganzoo-bad\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[ganzoo]\nbad = ganzoo_bad_module\n")
    return {"PYTHONPATH": str(tmp_path), "GANZOO_PLUGINS": "bad"}


def test_a_broken_plugin_gives_one_line_of_warning(broken):
    result = ganzoo("list", "loss", **broken)
    assert result.returncode == 0
    assert result.stderr.splitlines() == [
        "Warning: plugin bad (ganzoo-bad 1) was not loaded: ModuleNotFoundError: No module named 'ganzoo_bad_module'; "
        "its entry point is 'ganzoo_bad_module': correct it in its pyproject.toml and reinstall"
    ]
    assert "hinge" in result.stdout
    assert "plugin bad (ganzoo-bad 1) was not loaded" in refused("show", "dcgan+soft", **broken)


def test_plugin_list(broken):
    assert ganzoo("plugin", "list").stdout.startswith("No plugins are installed")
    (_, row) = ganzoo("plugin", "list", **broken).stdout.splitlines()
    assert re.match("bad  ganzoo-bad 1  failed .* ModuleNotFoundError", row)
    (plugin,) = json.loads(ganzoo("plugin", "list", "--json", **broken).stdout)
    assert {"id": "bad", "distribution": "ganzoo-bad", "status": "failed", "components": []}.items() <= plugin.items()
