"""Components as values, and the names that are public."""

import ast
import copy
import pickle
from pathlib import Path

import pytest

import ganzoo
from ganzoo.interfaces.component import Component
from ganzoo.zoo.catalog import ganzoo_components


def test_components_can_be_keys_and_be_sent_to_other_processes():
    for component in ganzoo_components():
        assert pickle.loads(pickle.dumps(component)) == component  # noqa: S301
        assert hash(copy.deepcopy(component)) == hash(component)
    assert len(set(ganzoo_components())) == len(ganzoo_components())


def test_a_copy_is_read_only_too():
    component = Component(kind="loss", name="x", target="a:B", defaults={"betas": [0.0, 0.9]})
    other = pickle.loads(pickle.dumps(component))  # noqa: S301
    with pytest.raises(TypeError):
        other.defaults["betas"] = 1
    assert component != Component(kind="loss", name="x", target="a:B")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "los"}, "kind is 'los'"),
        ({"name": "A"}, "a name must match"),
        ({"summary": "x" * 81}, "81 characters"),
        ({"target": "a.B"}, "needs a `target`"),
        ({"kind": "bundle"}, "needs `expands`"),
        ({"version": 0}, "whole number from 1"),
    ],
)
def test_a_mistake_raises_at_once(fields, message):
    with pytest.raises(ValueError, match=message):
        Component(**{"kind": "loss", "name": "x", "target": "a:B", **fields})


def test_type_checkers_see_the_public_names():
    tree = ast.parse(Path(ganzoo.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    declared = {alias.asname: f"{node.module}.{alias.name}" for node in block.body for alias in node.names}
    public = {name: f"ganzoo.{module}.{name}" for name, module in ganzoo._MODULES.items()}
    assert declared == public | {"nn": "ganzoo.zoo.nn"}


def test_exceptions_of_ours_are_public():
    for name in ("DataError", "DeviceError", "Incompatible", "Interrupted", "RunError", "SpecError"):
        assert issubclass(getattr(ganzoo, name), BaseException)
        assert name in ganzoo.__all__
