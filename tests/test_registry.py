"""Plugins are loaded each on its own: distributions are made on disk, as an installer would."""

import subprocess
import sys
from functools import partial
from importlib.metadata import distributions

import pytest

import ganzoo
from ganzoo.component import Component
from ganzoo.registry import Registry, UnknownName, Unloadable, list_components, load

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
    monkeypatch.setattr("ganzoo.plugins.distributions", partial(distributions, path=[str(tmp_path)]))
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


def test_looking_up_a_built_in_imports_neither_torch_nor_metadata():
    code = (
        "import sys; from ganzoo.registry import Registry; Registry().lookup('dcgan');"
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
