"""Plugins are loaded each on its own: distributions are made on disk, as an installer would."""

import re
import subprocess
import sys
import textwrap
from functools import partial
from importlib.metadata import distributions

import pytest

import ganzoo
from ganzoo.interfaces.component import Component
from ganzoo.registry import probe
from ganzoo.registry.load import Plugin
from ganzoo.registry.registry import Registry, list_components, load, missing, using
from ganzoo.support import home
from ganzoo.support.errors import UnknownName, Unloadable

GOOD = """
    from ganzoo import Component, hookimpl

    @hookimpl
    def ganzoo_components():
        return [Component(kind="loss", name={name!r}, target="json:loads")]
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """install(id, code) makes the distribution ganzoo-<id> and gives its module; there are no others."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("ganzoo.registry.load.distributions", partial(distributions, path=[str(tmp_path)]))
    before = set(sys.modules)

    def make(plugin, code, distribution=None, requires="", version="1.2"):
        distribution = distribution or f"ganzoo-{plugin}"
        module = f"{distribution.replace('-', '_')}_plugin"
        lines = code.strip("\n").splitlines()
        indent = len(lines[0]) - len(lines[0].lstrip())
        (tmp_path / f"{module}.py").write_text("\n".join(line[indent:] for line in lines) + "\n")
        info = tmp_path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        needs = f"Requires-Dist: {requires}\n" if requires else ""
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n{needs}")
        (info / "entry_points.txt").write_text(f"[ganzoo]\n{plugin} = {module}\n")
        return module

    yield make
    for name in set(sys.modules) - before:
        if name.endswith("_plugin"):
            del sys.modules[name]


def statuses(registry):
    return {plugin.id: plugin.status for plugin in registry.plugins}


def test_a_good_plugin_is_found_with_its_origin(install):
    install("good", GOOD.format(name="soft"))
    entry = Registry(environ={}).lookup("soft")
    assert entry.name == "good/soft"
    assert (entry.origin.distribution, entry.origin.version) == ("ganzoo-good", "1.2")
    assert Registry(environ={}).lookup("soft", ["loss"], "good") == entry


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def broken(:", "SyntaxError"),
        ("x = 1", "no function ganzoo_components"),
        ("from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_components(): return 5", "gave 5"),
        ("from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_components(): return ['hinge']", "gave 'hinge'"),
        ("from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_components(): raise SystemExit", "SystemExit"),
        ("from ganzoo import hookimpl\n@hookimpl\ndef ganzoo_components(extra): return []", "extra"),
        ("from ganzoo import Component\nComponent(kind='loss', name='A')", "a name must match"),
        (GOOD.format(name="soft").replace("return [", "return 2 * ["), "2 components of the name soft"),
    ],
)
def test_a_broken_plugin_costs_itself_only_and_says_why(install, code, why):
    install("bad", code)
    install("good", GOOD.format(name="soft"))
    registry = Registry(environ={})
    assert statuses(registry) == {"bad": "failed", "good": "ok"}
    assert registry.lookup("soft").name == "good/soft"
    assert len(registry.warnings) == 1
    assert why in registry.warnings[0]
    assert "\n" not in registry.warnings[0]
    with pytest.raises(UnknownName, match=r"plugin bad \(ganzoo-bad 1.2\) was not loaded"):
        registry.lookup("softer")


def test_a_damaged_distribution_hides_no_other(install, tmp_path):
    install("good", GOOD.format(name="soft"))
    (tmp_path / "zzz-1.dist-info").mkdir()
    (tmp_path / "zzz-1.dist-info" / "entry_points.txt").write_text("[ganzoo]\nno equals sign\n")
    assert statuses(Registry(environ={})) == {"good": "ok"}


def test_built_ins_own_the_bare_name(install):
    install("rival", GOOD.format(name="hinge"))
    registry = Registry(environ={})
    assert registry.lookup("hinge").origin.plugin is None
    assert registry.lookup("hinge", plugin="rival").name == "rival/hinge"


def test_a_name_that_two_plugins_claim_is_an_error_naming_both(install):
    install("one", GOOD.format(name="soft"))
    install("two", GOOD.format(name="soft"), version="3.4")
    with pytest.raises(UnknownName, match=r"one/soft .*ganzoo-one 1.2.*two/soft .*ganzoo-two 3.4"):
        Registry(environ={}).lookup("soft")
    assert Registry(environ={}).lookup("soft", plugin="two").origin.version == "3.4"


def test_an_id_that_two_distributions_claim_is_refused(install):
    install("same", GOOD.format(name="soft"), distribution="ganzoo-a")
    install("same", GOOD.format(name="hard"), distribution="ganzoo-b")
    plugins = Registry(environ={}).plugins
    assert [p.status for p in plugins] == ["failed", "failed"]


def test_a_plugin_for_another_ganzoo_is_reported_and_not_imported(install):
    module = install("old", GOOD.format(name="soft"), requires="ganzoo-core<0.0.1")
    registry = Registry(environ={})
    assert statuses(registry) == {"old": "incompatible"}
    assert f"it needs ganzoo-core<0.0.1, and this is {ganzoo.__version__}" in registry.warnings[0]
    assert module not in sys.modules


@pytest.mark.parametrize("requires", ["ganzoo-core>=0.0.1", "ganzoo.core", "ganzoo-core<0; extra == 'dev'", "torch>99"])
def test_a_requirement_that_admits_this_version_is_met(install, requires):
    install("good", GOOD.format(name="soft"), requires=requires)
    assert statuses(Registry(environ={})) == {"good": "ok"}


@pytest.mark.parametrize(
    ("environ", "loaded"),
    [
        ({"GANZOO_PLUGINS": ""}, set()),
        ({"GANZOO_PLUGINS": "one"}, {"one"}),
        ({"GANZOO_PLUGINS": "one, two"}, {"one", "two"}),
        ({"GANZOO_DISABLE_PLUGINS": "one"}, {"two"}),
        ({"GANZOO_PLUGINS": "one two", "GANZOO_DISABLE_PLUGINS": "two"}, {"one"}),
    ],
)
def test_the_environment_says_which_are_loaded(install, environ, loaded):
    modules = {name: install(name, GOOD.format(name="soft")) for name in ("one", "two")}
    registry = Registry(environ=environ)
    assert {name for name, status in statuses(registry).items() if status == "ok"} == loaded
    assert {name for name, module in modules.items() if module in sys.modules} == loaded
    assert registry.warnings == []


def test_built_in_names_load_no_plugins(install):
    install("bad", "raise RuntimeError")
    registry = Registry(environ={})
    registry.lookup("dcgan")
    assert registry.warnings == []
    assert "plugins" not in vars(registry)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("while True: pass", "importing it did not end within 0.4 s"),
        ("import os; os._exit(0)", r"importing it ends the process \(code 0\)"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", r"importing it ends the process \(code -9\)"),
        (GOOD.format(name="soft") + "        while True: pass", "importing it did not end within 0.4 s"),
    ],
)
def test_what_does_not_come_back_is_imported_once_in_a_process_of_its_own(install, tmp_path, monkeypatch, code, why):
    if "while" in code:
        monkeypatch.setattr(probe, "LIMIT", 0.4)
    module = install("bad", code.replace("return [Component", "pass; [Component"))
    for _ in range(2):
        (plugin,) = Registry(environ={}).plugins
        assert plugin.status == "failed"
        assert re.match(f"({why}).*; mend it, or `ganzoo plugin enable bad` to try again", plugin.why)
        assert module not in sys.modules
        monkeypatch.setattr(probe, "_look", lambda module: pytest.fail("it is looked at once"))
    (tmp_path / f"{module}.py").write_text(textwrap.dedent(GOOD.format(name="soft")))
    monkeypatch.setattr(probe, "_look", lambda module: "")
    assert statuses(Registry(environ={})) == {"bad": "ok"}


def test_a_quarantined_plugin_is_tried_again_when_it_is_enabled(install, monkeypatch):
    module = install("bad", GOOD.format(name="soft"))
    monkeypatch.setattr(probe, "_look", lambda module: "importing it did not end within 5 s")
    assert statuses(Registry(environ={})) == {"bad": "failed"}
    monkeypatch.setattr(probe, "_look", lambda module: "")
    assert statuses(Registry(environ={})) == {"bad": "failed"}
    probe.forgive(module)
    assert statuses(Registry(environ={})) == {"bad": "ok"}


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(install, tmp_path):
    install("good", GOOD.format(name="soft"))
    (tmp_path / "cache").write_text("no folder")
    for _ in range(2):
        assert statuses(Registry(environ={})) == {"good": "ok"}


def test_the_fingerprint_covers_the_package_and_imports_nothing(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    package = tmp_path / "printed"
    package.mkdir()
    for name in ("__init__", "plugin", "helper"):
        (package / f"{name}.py").write_text("raise SystemExit")
    before = probe.fingerprint("printed.plugin")
    assert [path.stem for path in probe.sources("printed.plugin")] == ["__init__", "helper", "plugin"]
    (package / "helper.py").write_text("raise KeyError")
    assert probe.fingerprint("printed.plugin") != before
    assert probe.fingerprint("no_such") == ""
    assert "printed" not in sys.modules


def test_a_plugin_that_the_user_switched_off_is_not_imported(install):
    module = install("good", GOOD.format(name="soft"))
    home.disable(["good"])
    registry = Registry(environ={})
    assert statuses(registry) == {"good": "disabled"}
    assert module not in sys.modules
    with pytest.raises(UnknownName, match="is not loaded: switched off; `ganzoo plugin enable good`"):
        registry.lookup("soft", plugin="good")


def test_what_was_given_stands_in_for_what_is_installed(install, tmp_path):
    install("mine", GOOD.format(name="soft"))
    given = Plugin("mine", "", "", "mine.py", components=(Component(kind="loss", name="firm", target="json:loads"),))
    registry = Registry(environ={}, given=[given])
    assert [(p.status, p.why) for p in registry.plugins] == [("ok", ""), ("disabled", "mine.py stands in for it")]
    assert registry.lookup("firm").name == "mine/firm"


def test_a_plugin_that_is_gone_is_named_with_what_brings_it_back(install):
    install("broken", "raise RuntimeError('no licence')")
    parts = [
        {"name": "gone/soft", "plugin": "gone", "distribution": "ganzoo-away", "distribution_version": "1.2"},
        {"name": "mine/soft", "plugin": "mine", "distribution": None},
        {"name": "broken/soft", "plugin": "broken", "distribution": "ganzoo-broken"},
        {"name": "hinge", "plugin": None},
    ]
    with using():
        assert missing(parts) == [
            "gone/soft is of ganzoo-away 1.2: `pip install ganzoo-away==1.2` brings it back",
            "mine/soft is of a file: name it again, as in --with mine.py, or in Python `ganzoo.using(['mine.py'])`",
            "plugin broken (ganzoo-broken 1.2) was not loaded: RuntimeError: no licence",
        ]


def test_many_broken_plugins_do_not_bury_an_error(install):
    for name in ("one", "two", "three"):
        install(name, "raise RuntimeError")
    with pytest.raises(UnknownName, match="3 plugins were not loaded: see `ganzoo plugin list`"):
        Registry(environ={}).lookup("softer")


def test_requirements_that_cannot_be_read_cost_that_plugin_alone(install):
    install("odd", GOOD.format(name="hard"), requires="ganzoo-core=>1")
    install("good", GOOD.format(name="soft"))
    assert statuses(Registry(environ={})) == {"good": "ok", "odd": "incompatible"}


def test_looking_up_a_built_in_imports_neither_torch_nor_metadata():
    code = (
        "import sys; from ganzoo.registry.registry import Registry; Registry().lookup('dcgan');"
        "assert not {'torch', 'importlib.metadata', 'packaging', 'rich'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_names_come_with_the_nearest():
    registry = Registry(environ={"GANZOO_PLUGINS": ""})
    with pytest.raises(UnknownName, match="nearest: dcgan"):
        registry.lookup("dcgna")
    with pytest.raises(UnknownName, match="'dcgan' is of the kind architecture, not loss"):
        registry.lookup("dcgan", ["loss"])
    with pytest.raises(UnknownName, match="a data set is written @digits"):
        registry.lookup("digits", ["loss", "architecture"])


def test_list_components():
    assert {c.name for c in list_components("loss")} >= {"bce", "wgan", "hinge"}
    assert len(list_components()) > len(list_components("loss"))
    with pytest.raises(LookupError, match="nearest: loss"):
        list_components("losses")


def test_a_target_that_cannot_be_imported_is_a_sentence():
    with pytest.raises(Unloadable, match="loss 'x' cannot be loaded from no_such:X: ModuleNotFoundError"):
        load(Component(kind="loss", name="x", target="no_such:X"))
    with pytest.raises(Unloadable, match="has no attribute 'X'"):
        load(Component(kind="loss", name="x", target="json:X"))
