"""Finding, loading and looking up plugins, with distributions written to disk as an installer does."""

import re
import subprocess
import sys
import threading
from functools import partial
from importlib.metadata import distributions

import pytest

import ganzoo
from ganzoo.interfaces.component import Component
from ganzoo.registry.disabled import set_disabled_plugins
from ganzoo.registry.find import Plugin
from ganzoo.registry.registry import (
    Registry,
    current_registry,
    import_target,
    list_components,
    missing_plugins,
    using,
)
from ganzoo.support.errors import UnknownName, Unloadable

GOOD = """
    from ganzoo import Component, hookimpl

    @hookimpl
    def ganzoo_components():
        return [Component(kind="loss", name={name!r}, target="json:loads")]
"""
HOOK = "from ganzoo import hookimpl\n@hookimpl\ndef "


@pytest.fixture
def install(tmp_path, monkeypatch):
    """install(id, code) makes the distribution ganzoo-<id> and gives its module; there are no others."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("ganzoo.registry.find.distributions", partial(distributions, path=[str(tmp_path)]))
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
        (HOOK + "ganzoo_components(): return 5", "returned 5, not a list"),
        (HOOK + "ganzoo_components(): return ['hinge']", "returned 'hinge', which is not a ganzoo.Component"),
        (HOOK + "ganzoo_components(): raise SystemExit", "SystemExit"),
        (HOOK + "ganzoo_components(): pass", "returned None, not a list"),
        (HOOK + "ganzoo_components(extra): return []", "PluginValidationError.*extra"),
        (HOOK + "ganzoo_component(): return []", "unknown hook 'ganzoo_component'"),
        ("from ganzoo import Component\nComponent(kind='loss', name='A')", "a name must match"),
        (GOOD.format(name="soft").replace("return [", "return 2 * ["), "2 components named soft"),
    ],
)
def test_a_broken_plugin_does_not_affect_others_and_says_why(install, code, why):
    install("bad", code)
    install("good", GOOD.format(name="soft"))
    registry = Registry(environ={})
    assert statuses(registry) == {"bad": "failed", "good": "ok"}
    assert registry.lookup("soft").name == "good/soft"
    assert len(registry.warnings) == 1
    assert re.search(why, registry.warnings[0])
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
    assert f"it needs ganzoo-core<0.0.1, but {ganzoo.__version__} is installed" in registry.warnings[0]
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


def test_a_plugin_that_the_user_disabled_is_not_imported(install):
    module = install("good", GOOD.format(name="soft"))
    set_disabled_plugins(["good"])
    registry = Registry(environ={})
    assert statuses(registry) == {"good": "disabled"}
    assert module not in sys.modules
    with pytest.raises(UnknownName, match="is not loaded: disabled; `ganzoo plugin enable good`"):
        registry.lookup("soft", plugin="good")


def test_a_given_plugin_replaces_the_installed_one_of_its_id(install, tmp_path):
    install("mine", GOOD.format(name="soft"))
    given = Plugin("mine", "", "", "mine.py", components=(Component(kind="loss", name="firm", target="json:loads"),))
    registry = Registry(environ={}, given=[given])
    assert [(p.status, p.why) for p in registry.plugins] == [("ok", ""), ("disabled", "replaced by mine.py")]
    assert registry.lookup("firm").name == "mine/firm"


def test_a_missing_plugin_is_named_with_how_to_restore_it(install):
    install("broken", "raise RuntimeError('no licence')")
    parts = [
        {"name": "gone/soft", "plugin": "gone", "distribution": "ganzoo-away", "distribution_version": "1.2"},
        {"name": "mine/soft", "plugin": "mine", "distribution": None},
        {"name": "broken/soft", "plugin": "broken", "distribution": "ganzoo-broken"},
        {"name": "hinge", "plugin": None},
    ]
    with using():
        assert missing_plugins(parts) == [
            "gone/soft needs ganzoo-away 1.2: `pip install ganzoo-away==1.2`",
            "mine/soft comes from a file: give it with --with mine.py, or in Python `ganzoo.using(['mine.py'])`",
            "plugin broken (ganzoo-broken 1.2) was not loaded: RuntimeError: no licence",
        ]


def test_a_given_plugin_is_not_missing_where_it_replaces_an_installed_one(install):
    install("mine", "raise RuntimeError")
    with using(given=[Plugin("mine", "", "", "mine.py")]):
        assert missing_plugins([{"name": "mine/soft", "plugin": "mine", "distribution": None}]) == []


def test_parts_that_are_built_in_load_no_plugins(install):
    with using() as known:
        assert missing_plugins([{"name": "hinge", "plugin": None}]) == []
    assert "plugins" not in vars(known)


def test_a_registry_in_use_is_that_of_its_thread():
    """Two threads at once, each with a plugin of its own; the main thread sees neither."""
    both_inside, names = threading.Barrier(2, timeout=60), {}

    def work(name):
        part = Component(kind="loss", name=name, target="json:loads")
        with using(given=[Plugin(name, "", "", name, components=(part,))], plugins=False):
            both_inside.wait()
            names[name] = {c.name for c in list_components("loss")} & {"one", "two"}
            both_inside.wait()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    outside = current_registry()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == {"one": {"one"}, "two": {"two"}}
    assert current_registry() is outside


def test_many_broken_plugins_do_not_bury_an_error(install):
    for name in ("one", "two", "three"):
        install(name, "raise RuntimeError")
    with pytest.raises(UnknownName, match="3 plugins were not loaded: see `ganzoo plugin list`"):
        Registry(environ={}).lookup("softer")


def test_unreadable_requirements_affect_that_plugin_only(install):
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
        import_target(Component(kind="loss", name="x", target="no_such:X"))
    with pytest.raises(Unloadable, match="has no attribute 'X'"):
        import_target(Component(kind="loss", name="x", target="json:X"))
