"""`ganzoo plugin`: check, list, info, enable and disable."""

import json
import re
import sys
from functools import partial
from importlib.metadata import distributions

import pytest
from click.testing import CliRunner

from ganzoo.cli import main
from ganzoo.cli.plugin import check
from ganzoo.registry import registry
from ganzoo.registry.scaffold.package import write_package
from ganzoo.testing import TIERS

BROKEN = {
    "raises": "raise RuntimeError('no licence')",
    "unreadable": "def broken(:",
    "leaves": "raise SystemExit(3)",
    "hookless": "x = 1",
    "wrong": "from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_components(): return 5",
    "misspelt": "from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_component(): return []",
    "signature": "from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_components(extra): return []",
}


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A place where distributions are installed, of which there are no others."""
    path = tmp_path / "site"
    path.mkdir()
    monkeypatch.syspath_prepend(str(path))
    monkeypatch.setattr("ganzoo.registry.find.distributions", partial(distributions, path=[str(path)]))
    for name in ("GANZOO_PLUGINS", "GANZOO_DISABLE_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    before = set(sys.modules)
    yield path
    registry._process_registry.cache_clear()
    for name in set(sys.modules) - before:
        if name.startswith("ganzoo_"):
            del sys.modules[name]


def install(site, plugin, code=None):
    """A distribution of a broken module, or of what `plugin new` writes."""
    package = f"ganzoo_{plugin}"
    if code is None:
        folder = write_package(plugin, "loss", site / "source" / plugin)
        (folder / package).rename(site / package)
    else:
        (site / package).mkdir()
        (site / package / "__init__.py").write_text("")
        (site / package / "plugin.py").write_text(code)
    info = site / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: ganzoo-{plugin}\nVersion: 1.0\nSummary: A plugin.\n")
    (info / "entry_points.txt").write_text(f"[ganzoo]\n{plugin} = {package}.plugin\n")


def cli(*args, code=0):
    registry._process_registry.cache_clear()  # like a new process
    result = CliRunner().invoke(main, [*map(str, args)])
    assert result.exit_code == code, result.output
    return result.output


def test_the_list_says_why_each_broken_plugin_was_not_loaded(site):
    install(site, "sound")
    for name, code in BROKEN.items():
        install(site, name, code)
    rows = {row["id"]: row for row in json.loads(cli("plugin", "list", "--json"))}
    assert {name for name, row in rows.items() if row["status"] == "ok"} == {"sound"}
    assert all(rows[name]["why"] for name in BROKEN)
    sound = rows["sound"]
    assert (sound["distribution"], sound["version"]) == ("ganzoo-sound", "1.0")
    assert 0 < sound["import_s"] < 5
    assert sound["file"] == str(site / "ganzoo_sound" / "plugin.py")
    assert sound["components"] == [{"kind": "loss", "name": "sound/sound"}]
    table = cli("plugin", "list").splitlines()
    assert table[0].split("  ")[0] == "id"
    assert len(table) == 1 + len(rows)
    assert sum("was not loaded" in line for line in cli("list", "loss").splitlines()) == len(BROKEN)
    assert "sound/sound" in cli("list", "loss")
    assert "Warning" not in cli("show", "mlp+bce@ring8")


def test_a_name_that_others_have_too_is_shown_in_full(site):
    for plugin in ("one", "two"):
        install(site, plugin)
        code = (site / f"ganzoo_{plugin}" / "plugin.py").read_text()
        (site / f"ganzoo_{plugin}" / "plugin.py").write_text(code.replace(f'name="{plugin}"', 'name="soft"'))
    install(site, "three")
    code = (site / "ganzoo_three" / "plugin.py").read_text()
    (site / "ganzoo_three" / "plugin.py").write_text(code.replace('name="three"', 'name="hinge"'))
    rows = {row["id"]: row["clashes"] for row in json.loads(cli("plugin", "list", "--json"))}
    assert rows == {"one": {"soft": ["two/soft"]}, "two": {"soft": ["one/soft"]}, "three": {"hinge": ["hinge"]}}
    output = cli("plugin", "list")
    assert "loss one/soft (there is also two/soft)" in output
    assert "loss three/hinge (there is also hinge)" in output


def test_info_shows_one_plugin(site):
    install(site, "sound")
    output = cli("plugin", "info", "sound")
    for text in (
        "plugin sound (ganzoo-sound 1.0)",
        "A plugin.",
        str(site / "ganzoo_sound" / "plugin.py"),
        "sound/sound",
    ):
        assert text in output
    assert json.loads(cli("plugin", "info", "sound", "--json"))["summary"] == "A plugin."
    assert "no plugin 'suond' is installed; nearest: sound" in cli("plugin", "info", "suond", code=2)


def test_disabled_and_enabled(site, tmp_path):
    install(site, "sound")
    assert "`ganzoo plugin enable sound` enables it" in cli("plugin", "disable", "sound")
    assert json.loads((tmp_path / "xdg_config_home" / "ganzoo" / "plugins.json").read_text()) == {"disabled": ["sound"]}
    (row,) = json.loads(cli("plugin", "list", "--json"))
    assert (row["status"], row["import_s"]) == ("disabled", None)
    assert "is not loaded: disabled; `ganzoo plugin enable sound`" in cli("show", "sound/sound", code=2)
    cli("plugin", "enable", "sound")
    (row,) = json.loads(cli("plugin", "list", "--json"))
    assert row["status"] == "ok"
    for command in ("enable", "disable"):
        assert "nearest: sound" in cli("plugin", command, "suond", code=2)


@pytest.mark.parametrize("how", ["a folder", "an id", "a module"])
def test_check_finds_a_plugin_in_any_way(site, tmp_path, how):
    if how == "a folder":
        what = write_package("sound", "loss", tmp_path / "tree")
    else:
        install(site, "sound")
        what = "sound" if how == "an id" else "ganzoo_sound.plugin"
    output = cli("plugin", "check", what, "--tier", "static", "--tier", "build", "-v")
    assert "  passed    static-sound-summary" in output
    assert "mathematics" not in output
    assert re.search(r"\n0 of \d+ checks failed\n$", output)


def test_check_says_what_fails_why_and_how_to_fix_it(site, tmp_path):
    folder = write_package("sound", "loss", tmp_path / "tree")
    plugin = folder / "ganzoo_sound" / "plugin.py"
    plugin.write_text(plugin.read_text().replace("import ganzoo\n", "import ganzoo\nimport torch\n"))
    output = cli("plugin", "check", folder, "--tier", "static", code=1)
    assert "plugin: importing ganzoo_sound.plugin imports torch and numpy\n  why   `ganzoo --help`" in output
    assert output.endswith("1 of 9 checks failed\n")
    report = json.loads(cli("plugin", "check", folder, "--tier", "static", "--json", code=1))
    (failed,) = (case for case in report["cases"] if case["status"] == "failed")
    assert not report["ok"]
    assert failed["check"] == "imports_no_torch"
    assert all(failed[key] for key in ("said", "why", "mend", "see"))


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("nothing", "nothing is no folder of a plugin, no .py file, no installed plugin and no module"),
        ("missing.py", "no such Python file"),
        ("empty", "it has none"),
        ("two", "it declares one and two; install it, and name one"),
        ("damaged", "cannot be read"),
    ],
)
def test_what_is_no_plugin_cannot_be_checked(site, tmp_path, monkeypatch, what, message):
    monkeypatch.chdir(tmp_path)
    points = "[project.entry-points.ganzoo]\n"
    for name, text in {"empty": "", "two": f'{points}one = "a"\ntwo = "b"', "damaged": "[["}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").write_text(text)
    assert message in cli("plugin", "check", what, code=2)


def test_the_tiers_of_the_command_are_those_of_the_kit():
    assert check.TIERS == TIERS


def test_new_prints_the_next_steps(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    output = cli("plugin", "new", "mine", "--kind", "metric")
    for line in ("pip install -e 'ganzoo-mine[test]'", "ganzoo plugin check ganzoo-mine", "pytest ganzoo-mine"):
        assert f"  {line}\n" in output
    assert "ganzoo-mine exists already" in cli("plugin", "new", "mine", code=2)
