"""`ganzoo doctor` finds what is broken, and says how to fix it."""

import json
from importlib.metadata import PathDistribution

import pytest
from click.testing import CliRunner

from ganzoo.cli import doctor, main
from ganzoo.registry import registry
from ganzoo.registry.find import Plugin


@pytest.fixture(autouse=True)
def at_home(tmp_path, monkeypatch):
    """A machine of its own, without plugins."""
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "GANZOO_RUNS"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("GANZOO_PLUGINS", "")
    monkeypatch.delenv("GANZOO_DATA", raising=False)
    registry._process_registry.cache_clear()
    yield
    registry._process_registry.cache_clear()


def diagnoses(topic):
    return [diagnosis for diagnosis in doctor.diagnose() if diagnosis.topic == topic]


def install(folder, name, version="0.0.1"):
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return PathDistribution(info)


def test_a_working_machine_is_described():
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0, result.output
    lines = {line.split()[1]: line for line in result.output.splitlines()}
    assert {"python", "ganzoo-core", "torch", "device", "runs", "cache", "configuration"} <= lines.keys()
    assert "cores" in lines["device"]
    as_json = json.loads(CliRunner().invoke(main, ["doctor", "--json"]).output)
    assert {diagnosis["status"] for diagnosis in as_json} <= {"ok", "note"}


def test_the_stray_distribution_is_found(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    install(tmp_path, "ganzoo")
    (diagnosis,) = diagnoses("ganzoo")
    message = "an unrelated project named ganzoo, 0.0.1, is installed into the same folder ganzoo/"
    assert (diagnosis.status, diagnosis.message) == ("broken", message)
    assert diagnosis.remedy.startswith("pip uninstall ganzoo, then pip install --force-reinstall")
    assert CliRunner().invoke(main, ["doctor"]).exit_code == 1


@pytest.mark.parametrize(
    ("installed", "message", "remedy"),
    [
        (None, "it is not installed", "pip install 'msgspec>=0.19'"),
        ("0.1", "0.1 is installed, but >=0.19 is needed", "pip install 'msgspec>=0.19'"),
    ],
)
def test_a_requirement_that_is_not_met(tmp_path, monkeypatch, installed, message, remedy):
    own = install(tmp_path, "ganzoo_core")
    with open(tmp_path / "ganzoo_core-0.0.1.dist-info" / "METADATA", "a") as file:
        file.write("Requires-Dist: msgspec>=0.19\nRequires-Dist: ray>99; extra == 'ray'\n")
    msgspec = install(tmp_path, "msgspec", installed) if installed else None
    monkeypatch.setattr(doctor, "_distribution", {"ganzoo-core": own, "msgspec": msgspec}.get)
    (diagnosis,) = diagnoses("msgspec")
    assert (diagnosis.status, diagnosis.message, diagnosis.remedy) == ("broken", message, remedy)
    assert not diagnoses("ray")


def test_directories_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GANZOO_RUNS", str(tmp_path / "file" / "runs"))
    (diagnosis,) = diagnoses("runs")
    assert diagnosis.status == "broken"
    assert diagnosis.remedy.startswith("set GANZOO_RUNS to a writable directory, or make")


def test_data_that_is_present_incomplete_or_absent(tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_DATA", str(tmp_path))
    (tmp_path / "svhn").mkdir()
    (tmp_path / "svhn" / "train_32x32.mat").write_text("")
    (diagnosis,) = diagnoses("svhn")
    assert diagnosis.status == "broken"
    assert "missing: test_32x32.mat" in diagnosis.message
    (tmp_path / "svhn" / "test_32x32.mat").write_text("")
    assert any("svhn" in one.message and one.status == "ok" for one in diagnoses("data"))
    monkeypatch.setenv("GANZOO_DATA", str(tmp_path / "away"))
    (diagnosis,) = diagnoses("GANZOO_DATA")
    assert diagnosis.message.endswith("away is not a directory")
    monkeypatch.setenv("GANZOO_DATA", "~no-such-user/data")
    (diagnosis,) = diagnoses("data sets")
    assert diagnosis.message.startswith("~no-such-user/data: the home ~no-such-user is not known")
    assert "bug" not in diagnosis.remedy


@pytest.mark.parametrize(
    ("plugin", "status", "remedy"),
    [
        ({"status": "failed", "why": "KeyError: 1"}, "broken", "pip install -U ganzoo-x, or `ganzoo plugin disable x`"),
        (
            {"status": "incompatible", "why": "it needs ganzoo-core<0"},
            "broken",
            "pip install -U ganzoo-x ganzoo-core, or",
        ),
        ({"status": "disabled", "why": "disabled"}, "note", ""),
        ({"import_s": 2.0}, "note", "`ganzoo plugin check x --tier static` shows what it imports"),
        ({}, "ok", ""),
    ],
)
def test_plugins(plugin, status, remedy):
    with registry.using(given=[Plugin("x", "ganzoo-x", "1.0", "x", **plugin)]):
        (diagnosis,) = diagnoses("plugin x (ganzoo-x 1.0)")
    assert diagnosis.status == status
    assert diagnosis.remedy.startswith(remedy)
    assert plugin.get("why", "") in diagnosis.message


def test_a_check_that_fails_does_not_stop_the_others(monkeypatch):
    monkeypatch.setattr(doctor, "_versions", lambda: iter([1 / 0]))
    (diagnosis,) = diagnoses("<lambda>")
    assert (diagnosis.status, diagnosis.message) == ("broken", "ZeroDivisionError: division by zero")
    assert diagnoses("device")
