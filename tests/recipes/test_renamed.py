"""Old specs outlive the names of parts and options, and a recipe that is only renamed keeps its id."""

from dataclasses import replace

import pytest

from ganzoo.interfaces.component import Component
from ganzoo.recipes.recipe import resolve
from ganzoo.registry.registry import Registry
from ganzoo.support.errors import GanzooWarning, SpecError
from ganzoo.zoo import catalog


def renamed(**options):
    """A registry in which hinge, r1 and ring8 have new names; `options` are older names of r1's options."""
    new = {
        "hinge": {"name": "margin-loss", "aliases": ("hinge", "geometric")},
        "r1": {"name": "a-slope", "aliases": ("r1",), "renamed": options},
        "ring8": {"name": "eight", "aliases": ("ring8",)},
    }
    return Registry([replace(c, **new.get(c.name, {})) for c in catalog.ganzoo_components()])


def test_a_part_answers_to_its_old_names_and_says_what_it_is_called_now():
    with pytest.warns(GanzooWarning) as warned:
        recipe = resolve("mlp+geometric+r1+lecam@ring8", registry=renamed())
    assert recipe.spec == "mlp+margin-loss+a-slope:weight=0.1+lecam@eight"  # what ring8 recommends for r1 holds too
    assert {str(warning.message) for warning in warned} == {
        "geometric is called margin-loss now",
        "r1 is called a-slope now",
        "ring8 is called eight now",
    }


def test_new_names_say_nothing_and_old_ones_are_offered_nowhere():
    assert resolve("mlp+margin-loss+a-slope@eight", registry=renamed()).id
    with pytest.raises(SpecError, match=r"nearest: a-slope$"):
        resolve("mlp+margin-loss+a-slop@eight", registry=renamed())


def test_an_option_answers_to_its_old_names():
    with pytest.warns(GanzooWarning, match="a-slope: gamma is called weight now"):
        recipe = resolve("mlp+margin-loss+a-slope:gamma=3@eight", registry=renamed(gamma="weight"))
    assert dict(recipe.regularizers[0].params)["weight"] == 3.0
    with pytest.warns(GanzooWarning), pytest.raises(SpecError, match="weight is given twice"):
        resolve("mlp+margin-loss+a-slope:weight=2,gamma=3@eight", registry=renamed(gamma="weight"))


@pytest.mark.filterwarnings("ignore::ganzoo.GanzooWarning")
def test_a_recipe_that_is_only_renamed_keeps_its_id():
    """Although the regularizers are sorted by other names: lecam came before r1, and comes after a-slope."""
    before = resolve("mlp+hinge+r1+lecam@ring8")
    after = resolve("mlp+hinge+r1+lecam@ring8", registry=renamed())
    assert [part.component.name for part in before.regularizers] == ["lecam", "r1"]
    assert [part.component.name for part in after.regularizers] == ["a-slope", "lecam"]
    assert before.id == after.id


@pytest.mark.filterwarnings("ignore::ganzoo.GanzooWarning")
def test_where_an_option_is_renamed_the_id_goes_on_with_its_first_name():
    before = resolve("mlp+hinge+r1:weight=3@ring8", registry=renamed())
    registry = renamed(weight="strength", factor="strength")  # was called weight first
    component = registry.lookup("r1").component
    assert component.renamed == {"weight": "strength", "factor": "strength"}
    part = replace(before.regularizers[0], params={"strength": 3.0}, stated=("strength",))
    part = replace(part, entry=replace(part.entry, component=component))
    assert str(part) == "a-slope:strength=3"
    assert part.first_text == "r1:weight=3"


def test_a_name_that_is_another_parts_old_one_means_the_part_that_has_it():
    components = [replace(c, aliases=("hinge",)) if c.name == "bce" else c for c in catalog.ganzoo_components()]
    assert resolve("mlp+hinge@ring8", registry=Registry(components)).loss.component.name == "hinge"


def test_an_old_name_follows_the_rules_of_names():
    with pytest.raises(ValueError, match="a name must match"):
        Component(kind="loss", name="soft", target="soft:Soft", aliases=("So ft",))
