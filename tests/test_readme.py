"""README.md: its Python and its shell commands work as written, with a smaller budget where they train."""

import re
import shlex
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import ganzoo
from ganzoo.cli import main
from ganzoo.recipes.recipe import resolve
from ganzoo.registry import registry

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "README.md").read_text()
PYTHON, PLUGIN = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
RUN, LEAVES, COMPARE, EXTEND = (
    [line.partition("#")[0].strip() for line in block.splitlines()]
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
)
INLINE = re.findall(r"`(ganzoo [^`]*)`|<code>(ganzoo [^<]*)</code>", PAGE)
LINES = [*RUN, *COMPARE, *EXTEND, *(line.replace("\n", " ") for pair in INLINE for line in pair if line)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The current directory, without plugins that happen to be installed."""
    monkeypatch.setenv("GANZOO_PLUGINS", "")
    monkeypatch.delenv("GANZOO_RUNS", raising=False)
    monkeypatch.chdir(tmp_path)
    registry._process_registry.cache_clear()
    yield tmp_path
    registry._process_registry.cache_clear()
    sys.modules.pop("my_loss", None)


def invoke(line):
    """Run a command of the page; its output."""
    done = CliRunner().invoke(main, shlex.split(line)[1:])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("line", [line for line in LINES if "..." not in line])
def test_a_command_of_the_page_exists_with_its_options(line, folder):
    (folder / "my_loss.py").write_text(PLUGIN)
    command, arguments = main, shlex.split(line)[1:]
    while isinstance(command, click.Group):
        command, arguments = command.get_command(click.Context(main), arguments[0]), arguments[1:]
    if arguments:  # else the page only names the command
        command.make_context("ganzoo", arguments)


@pytest.mark.parametrize("line", [line for line in RUN if "folder:" not in line])
def test_a_recipe_of_the_page_resolves(line):
    assert resolve(shlex.split(line)[2]).id


def test_the_settings_of_the_page_exist():
    settings = re.findall(r"^\| `-s (\w+)=(\S+)`", PAGE, re.MULTILINE)
    assert len(settings) == 7
    resolve("dcgan+wgangp", settings=dict(settings))


def test_the_parts_of_the_page_are_those_of_the_catalog():
    _, _, table = PAGE.partition("| group | parts |")
    names = set(re.findall(r"`([\w-]+)(?::PATH)?`(?! =)", table.partition("\n\n")[0]))
    names |= set(re.findall(r"`(\w+)` =", table))
    kinds = ("architecture", "loss", "regularizer", "bundle", "dataset")
    assert names >= {component.name for component in ganzoo.list_components() if component.kind in kinds}


def test_the_python_of_the_page(monkeypatch):
    scope = {}
    exec(PYTHON.replace("images=100_000", "images=320"), scope)
    run = scope["run"]
    assert run.sample(64).shape == (64, 1, 8, 8)
    assert {file.name for file in run.path.iterdir()} >= set(re.findall(r"^\| `(\w+\.?\w+)/?` \|", PAGE, re.MULTILINE))


def test_what_a_run_leaves_can_be_used(folder):
    invoke("ganzoo run dcgan+wgangp --steps 1 -q --out RUN")
    for line in LEAVES:
        invoke(line)
    assert {"grid.png", "samples.npz", "walk.gif", "curves.png"} <= {file.name for file in folder.iterdir()}


def test_the_plugin_of_the_page(folder):
    assert PLUGIN.startswith("# my_loss.py\n")
    (folder / "my_loss.py").write_text(PLUGIN)
    run, check, new = EXTEND
    invoke(run.replace("--steps 100", "--steps 5") + " -q")
    assert len([*folder.glob("runs/*/*/result.json")]) == 1
    assert "\n0 of " in invoke(check)
    invoke(new)
    assert (folder / "ganzoo-mine" / "pyproject.toml").is_file()


def test_links_and_pictures_exist():
    links = re.findall(r"\]\(([^)#]+)\)|(?:src|href)=\"([^\"]+)\"", PAGE)
    for link in {link for pair in links for link in pair if link and "://" not in link}:
        assert (ROOT / link).exists(), link


def test_the_commands_of_the_captions_are_those_that_draw_the_pictures():
    script = (ROOT / "docs" / "pictures.py").read_text()
    for line in re.findall(r'^(?:COLLAPSE|CURE) = "(.*)"$', script, re.MULTILINE):
        assert f"<code>ganzoo run {line}</code>" in PAGE


def test_the_pictures_are_small():
    sizes = [path.stat().st_size for path in (ROOT / "docs" / "images").iterdir()]
    assert max(sizes) < 150_000
    assert sum(sizes) < 600_000


def test_the_citation_names_the_version():
    version = ganzoo.__version__
    assert f"version = {{{version}}}" in PAGE
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
