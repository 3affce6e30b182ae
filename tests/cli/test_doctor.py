"""`ganzoo doctor` finds what is broken, and says how to mend it."""

import json
from importlib.metadata import PathDistribution

import pytest
from click.testing import CliRunner

from ganzoo.cli import diagnosis as doctor
from ganzoo.cli import main
from ganzoo.registry import registry
from ganzoo.registry.load import Plugin


@pytest.fixture(autouse=True)
def at_home(tmp_path, monkeypatch):
    """A machine of its own, without plugins."""
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "GANZOO_RUNS"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("GANZOO_PLUGINS", "")
    monkeypatch.delenv("GANZOO_DATA", raising=False)
    monkeypatch.setattr(registry, "_current", None)


def findings(topic):
    return [finding for finding in doctor.examine() if finding.topic == topic]


def install(folder, name, version="0.0.1"):
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return PathDistribution(info)


def test_a_sound_machine_is_told_what_it_is():
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 0, done.output
    lines = {line.split()[1]: line for line in done.output.splitlines()}
    assert {"python", "ganzoo-core", "torch", "device", "runs", "cache", "configuration"} <= lines.keys()
    assert "cores" in lines["device"]
    said = json.loads(CliRunner().invoke(main, ["doctor", "--json"]).output)
    assert {finding["status"] for finding in said} <= {"ok", "note"}


def test_the_stray_distribution_is_found(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    install(tmp_path, "ganzoo")
    (found,) = findings("ganzoo")
    assert (found.status, found.said) == ("broken", "an unrelated project of this name, 0.0.1, is installed")
    assert found.mend.startswith("pip uninstall ganzoo, then pip install --force-reinstall")
    assert CliRunner().invoke(main, ["doctor"]).exit_code == 1


@pytest.mark.parametrize(
    ("there", "said", "mend"),
    [
        (None, "it is not installed", "pip install 'msgspec>=0.19'"),
        ("0.1", "0.1 is installed, but >=0.19 is needed", "pip install 'msgspec>=0.19'"),
    ],
)
def test_what_is_needed_and_not_there(tmp_path, monkeypatch, there, said, mend):
    own = install(tmp_path, "ganzoo_core")
    with open(tmp_path / "ganzoo_core-0.0.1.dist-info" / "METADATA", "a") as file:
        file.write("Requires-Dist: msgspec>=0.19\nRequires-Dist: ray>99; extra == 'ray'\n")
    msgspec = install(tmp_path, "msgspec", there) if there else None
    monkeypatch.setattr(doctor, "_distribution", {"ganzoo-core": own, "msgspec": msgspec}.get)
    (found,) = findings("msgspec")
    assert (found.status, found.said, found.mend) == ("broken", said, mend)
    assert not findings("ray")


def test_directories_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GANZOO_RUNS", str(tmp_path / "file" / "runs"))
    (found,) = findings("runs")
    assert found.status == "broken"
    assert found.mend.startswith("set GANZOO_RUNS to a directory that can be written, or make")


def test_data_that_is_there_is_half_there_or_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_DATA", str(tmp_path))
    (tmp_path / "svhn").mkdir()
    (tmp_path / "svhn" / "train_32x32.mat").write_text("")
    (found,) = findings("svhn")
    assert found.status == "broken"
    assert "missing: test_32x32.mat" in found.said
    (tmp_path / "svhn" / "test_32x32.mat").write_text("")
    assert any("svhn" in finding.said and finding.status == "ok" for finding in findings("data"))
    monkeypatch.setenv("GANZOO_DATA", str(tmp_path / "away"))
    (found,) = findings("GANZOO_DATA")
    assert found.said.endswith("away is no directory")


@pytest.mark.parametrize(
    ("plugin", "status", "mend"),
    [
        ({"status": "failed", "why": "KeyError: 1"}, "broken", "pip install -U ganzoo-x, or `ganzoo plugin disable x`"),
        (
            {"status": "incompatible", "why": "it needs ganzoo-core<0"},
            "broken",
            "pip install -U ganzoo-x ganzoo-core, or",
        ),
        ({"status": "disabled", "why": "switched off"}, "note", ""),
        ({"import_s": 2.0}, "note", "`ganzoo plugin check x --tier static` says what it imports"),
        ({}, "ok", ""),
    ],
)
def test_plugins(monkeypatch, plugin, status, mend):
    known = registry.Registry(given=[Plugin("x", "ganzoo-x", "1.0", "x", **plugin)])
    monkeypatch.setattr(registry, "_current", known)
    (found,) = findings("plugin x (ganzoo-x 1.0)")
    assert found.status == status
    assert found.mend.startswith(mend)
    assert plugin.get("why", "") in found.said


def test_a_look_that_fails_hides_no_other(monkeypatch):
    monkeypatch.setattr(doctor, "_python", lambda: iter([1 / 0]))
    (found,) = findings("<lambda>")
    assert (found.status, found.said) == ("broken", "ZeroDivisionError: division by zero")
    assert findings("device")
