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


def test_a_copy_cannot_be_changed_either():
    made = Component(kind="loss", name="x", target="a:B", defaults={"betas": [0.0, 0.9]})
    other = pickle.loads(pickle.dumps(made))  # noqa: S301
    with pytest.raises(TypeError):
        other.defaults["betas"] = 1
    assert made != Component(kind="loss", name="x", target="a:B")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "los"}, "kind is 'los'"),
        ({"name": "A"}, "a name must match"),
        ({"summary": "x" * 81}, "81 characters"),
        ({"target": "a.B"}, "needs a `target`"),
        ({"kind": "bundle"}, "needs `expands`"),
        ({"version": 0}, "whole number from 1"),
    ],
)
def test_a_mistake_is_found_where_it_is_made(fields, said):
    with pytest.raises(ValueError, match=said):
        Component(**{"kind": "loss", "name": "x", "target": "a:B", **fields})


def test_type_checkers_see_the_names_that_there_are():
    tree = ast.parse(Path(ganzoo.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.asname: f"{node.module}.{alias.name}" for node in block.body for alias in node.names}
    assert seen == {name: f"ganzoo.{module}.{name}" for name, module in ganzoo._WHERE.items()}


def test_whatever_is_raised_on_purpose_is_public():
    for name in ("DataError", "DeviceError", "Incompatible", "Interrupted", "RunError", "SpecError"):
        assert issubclass(getattr(ganzoo, name), BaseException)
        assert name in ganzoo.__all__
