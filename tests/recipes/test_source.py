"""What of a plugin's source decides the id of a recipe, and what is said when it changes."""

import sys

import pytest

import ganzoo
from ganzoo.recipes.recipe import resolve
from ganzoo.recipes.source import package_sha256
from ganzoo.support.errors import GanzooWarning

LOSS = """
import ganzoo

@ganzoo.hookimpl
def ganzoo_components():
    return [ganzoo.Component(kind="loss", name="soft", target="soft:Soft", summary="s")]

class Soft(ganzoo.Loss):
    '''.'''
    def d(self, t): return {d}
    def g(self, t): return -t.fake_score.mean()
"""


def imported(monkeypatch, folder, name):
    """Import a module from `folder`, with nothing remembered of another of its name."""
    monkeypatch.syspath_prepend(folder)
    for known in [known for known in sys.modules if known.partition(".")[0] == name.partition(".")[0]]:
        monkeypatch.delitem(sys.modules, known)
    __import__(name)
    package_sha256.cache_clear()
    return package_sha256(name)


def make(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


PACKAGE = {"zoo_x/__init__.py": "", "zoo_x/parts.py": "import zoo_x.nets.helper", "zoo_x/nets/helper.py": "A = 1"}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"zoo_x/nets/helper.py": "A = 2"}, False),
        ({"zoo_x/more.py": ""}, False),
        ({"zoo_x/weights.bin": "1"}, True),
        ({"beside.py": ""}, True),
    ],
    ids=["nothing", "helper", "new module", "no source", "outside"],
)
def test_all_source_of_a_package_counts(tmp_path, monkeypatch, change, same):
    before = imported(monkeypatch, make(tmp_path / "one", PACKAGE), "zoo_x.parts")
    after = imported(monkeypatch, make(tmp_path / "two", {**PACKAGE, **change}), "zoo_x.parts")
    assert (before == after) is same


def test_of_a_single_module_it_is_that_file(tmp_path, monkeypatch):
    before = imported(monkeypatch, make(tmp_path / "one", {"zoo_y.py": "A = 1", "other.py": "B = 1"}), "zoo_y")
    after = imported(monkeypatch, make(tmp_path / "two", {"zoo_y.py": "A = 1", "other.py": "B = 2"}), "zoo_y")
    assert before == after


def test_packages_that_share_a_namespace_are_told_apart(tmp_path, monkeypatch):
    files = {"zoo_z/mine/__init__.py": "", "zoo_z/theirs/__init__.py": ""}
    before = imported(monkeypatch, make(tmp_path / "one", files), "zoo_z.mine")
    after = imported(monkeypatch, make(tmp_path / "two", files | {"zoo_z/theirs/new.py": ""}), "zoo_z.mine")
    assert before == after


def test_a_release_of_a_plugin_is_another_recipe(monkeypatch):
    from dataclasses import replace

    from ganzoo.registry.registry import Origin

    recipe = resolve("mlp+bce@ring8")
    ids = set()
    for version in ("1.0", "1.1"):
        origin = Origin(plugin="x", distribution="ganzoo-x", version=version, sha256="0" * 64)
        loss = replace(recipe.loss, entry=replace(recipe.loss.entry, origin=origin))
        ids.add(replace(recipe, loss=loss).id)
    assert len(ids) == 2


def test_a_run_whose_file_was_edited_says_so(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "soft", raising=False)
    file = tmp_path / "soft.py"
    file.write_text(LOSS.format(d="t.fake_score.mean() - t.real_score.mean()"))
    with ganzoo.using([file]):
        run = ganzoo.run("mlp:width=8+soft@ring8", steps=2, out=tmp_path / "run", device="cpu")
        assert run.recipe.id == run.header.id
    file.write_text(LOSS.format(d="(t.fake_score - t.real_score).square().mean()"))
    with ganzoo.using([file]):
        edited = ganzoo.load(run.path)
        with pytest.warns(GanzooWarning, match=r"soft/soft changed since .*run was trained; it is used as it is now"):
            assert edited.recipe.id != run.header.id
    monkeypatch.delitem(sys.modules, "soft", raising=False)
