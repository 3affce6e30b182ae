"""`ganzoo plugin new`: what it writes is a package that installs, and passes its own tests, for every kind."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import ganzoo
from ganzoo.registry.scaffold.package import DATA_FORMS, STARTER_KINDS, version_range, write_package
from ganzoo.support.errors import CannotWrite

QUICK = "static or build or not conformance"


def call(*command, cwd, **environ):
    environ = {**os.environ, "OMP_NUM_THREADS": "1", **environ}
    environ.pop("GANZOO_PLUGINS", None)
    result = subprocess.run([*map(str, command)], cwd=cwd, env=environ, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture
def venv(tmp_path):
    """The Python of a fresh environment that sees the packages of this one, and what is installed into it."""
    call(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    here = [sysconfig.get_path("purelib"), str(Path(ganzoo.__file__).parents[1])]
    (site / "shared.pth").write_text("import site; " + "; ".join(f"site.addsitedir({path!r})" for path in here) + "\n")
    return python


def pip(*arguments, cwd):
    """Without network: hatchling is here, and dependencies are shared."""
    pytest.importorskip("hatchling")
    offline = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    return call(sys.executable, "-m", "pip", *arguments[:-1], *offline, arguments[-1], cwd=cwd)


def install(venv, folder, tmp_path):
    """The package's wheel, built and installed; gives what `plugin list` says."""
    pip("wheel", "-w", tmp_path / "wheels", folder, cwd=tmp_path)
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    pip("--python", venv, "install", wheel, cwd=tmp_path)
    (plugin,) = json.loads(call(venv, "-m", "ganzoo", "plugin", "list", "--json", cwd=tmp_path))
    assert "site-packages" in plugin["file"]
    return plugin


def test_a_new_loss_installs_and_passes_its_own_tests(venv, tmp_path):
    call(sys.executable, "-m", "ganzoo", "plugin", "new", "my-loss", cwd=tmp_path)
    folder = tmp_path / "ganzoo-my-loss"
    plugin = install(venv, folder, tmp_path)
    assert (plugin["id"], plugin["distribution"], plugin["status"]) == ("my-loss", "ganzoo-my-loss", "ok")
    assert plugin["components"] == [{"kind": "loss", "name": "my-loss/my-loss"}]
    out = call(venv, "-m", "pytest", "-q", "-o", "pythonpath=", "-k", QUICK, "tests", cwd=folder)
    assert " failed" not in out
    assert " passed" in out


OTHER_FORMS = [form for form in DATA_FORMS if form != "points"]
STARTERS = [*((kind, "points") for kind in STARTER_KINDS), *(("dataset", form) for form in OTHER_FORMS)]
"""Kinds, and for data sets forms."""


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "form"), STARTERS)
def test_the_wheel_of_every_kind_installs_and_passes_all_of_its_tests(venv, tmp_path, kind, form):
    folder = write_package(f"my-{kind}", kind, tmp_path / "source", form)
    plugin = install(venv, folder, tmp_path)
    assert (plugin["status"], plugin["components"][0]["kind"]) == ("ok", kind)
    call(venv, "-m", "pytest", "-q", "-o", "pythonpath=", "tests", cwd=folder)


@pytest.mark.slow
def test_it_can_be_worked_on_in_place(venv, tmp_path):
    pytest.importorskip("editables")
    folder = write_package("mine", "metric", tmp_path / "source")
    pip("--python", venv, "install", f"--editable={folder}", cwd=tmp_path)
    (plugin,) = json.loads(call(venv, "-m", "ganzoo", "plugin", "list", "--json", cwd=tmp_path))
    assert (plugin["status"], plugin["file"]) == ("ok", str(folder / "ganzoo_mine" / "plugin.py"))
    call(venv, "-m", "ganzoo", "plugin", "check", "mine", cwd=tmp_path)


@pytest.mark.parametrize(("kind", "form"), STARTERS)
def test_every_kind_is_a_complete_package(tmp_path, kind, form):
    folder = write_package("ganzoo-two-words", kind, tmp_path / "x", form)
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    package = "ganzoo_two_words"
    assert files == {
        "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", ".gitignore", ".github/workflows/test.yml",
        f"{package}/__init__.py", f"{package}/plugin.py", f"{package}/{kind}.py",
        "tests/test_conformance.py", f"tests/test_{kind}.py",
    }  # fmt: skip
    for path in files:
        text = (folder / path).read_text()
        assert "$" not in text.replace("${{ matrix.python }}", ""), path
        if path.endswith(".py"):
            compile(text, path, "exec")
    call(
        sys.executable, "-m", "ruff", "check", "--isolated", "--line-length=120", "--select=E,F,W,B,UP", ".", cwd=folder
    )
    call(sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=120", "--check", ".", cwd=folder)


@pytest.mark.parametrize("kind", ["loss", "regularizer"])
def test_the_example_takes_few_lines(tmp_path, kind):
    folder = write_package("short", kind, tmp_path / "x")
    import ast

    cls = ast.parse((folder / "ganzoo_short" / f"{kind}.py").read_text()).body[-1]
    docs = [n for n in ast.walk(cls) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)]
    prose = {line for n in docs for line in range(n.lineno, n.end_lineno + 1)}
    lines = {line for n in ast.walk(cls) if hasattr(n, "lineno") for line in range(n.lineno, n.end_lineno + 1)} - prose
    source = (folder / "ganzoo_short" / f"{kind}.py").read_text().splitlines()
    assert sum(bool(source[line - 1].strip()) for line in lines) + 1 <= 15  # the decorator


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("My Loss", "'My Loss' is not a valid name of a part: use lower-case .* as in my-loss"),
        ("hinge", "the loss hinge is built in; choose another name"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, name, message):
    with pytest.raises(CannotWrite, match=message):
        write_package(name, "loss", tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_nothing_is_overwritten(tmp_path):
    write_package("mine", "loss", tmp_path / "x")
    with pytest.raises(CannotWrite, match="x exists already; choose another folder with --out"):
        write_package("mine", "loss", tmp_path / "x")


@pytest.mark.parametrize(
    ("version", "specifier"),
    [("0.1.0.dev0", ">=0.1.0.dev0,<0.2"), ("1.9.2", ">=1.9.2,<1.10"), ("2.0rc1+local", ">=2.0rc1,<2.1")],
)
def test_a_plugin_admits_the_ganzoo_that_it_was_written_for(version, specifier):
    assert version_range(version) == specifier
    admits = Requirement(f"ganzoo-core{specifier}").specifier.contains
    assert admits(version.partition("+")[0], prereleases=True)
    assert not admits("99", prereleases=True)


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_a_data_set_of_every_form_passes_its_tests_and_those_of_the_kit(tmp_path, form):
    folder = write_package("mine", "dataset", tmp_path / "x", form)
    call(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_dataset.py", cwd=folder)
    tiers = [f"--tier={tier}" for tier in ("static", "build", "mathematics")]
    assert "0 of " in call(sys.executable, "-m", "ganzoo", "plugin", "check", *tiers, cwd=folder)


def test_a_form_is_for_data_sets_only(tmp_path):
    from click.testing import CliRunner

    from ganzoo.cli import main

    done = CliRunner().invoke(main, ["plugin", "new", "mine", "--form", "table", "--out", str(tmp_path / "x")])
    assert done.exit_code == 2
    assert "--form is for --kind dataset" in done.output
