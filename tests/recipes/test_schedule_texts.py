"""Schedules as text: what they may stand for, how they are written down, and what they do to a recipe's id."""

import json
import math
from copy import deepcopy
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from ganzoo.cli import main
from ganzoo.interfaces.component import Component
from ganzoo.interfaces.schedule import Schedule, first, last, value_at
from ganzoo.interfaces.terms import Regularizer
from ganzoo.recipes.options import as_text, options
from ganzoo.recipes.recipe import resolve
from ganzoo.recipes.settings import Settings
from ganzoo.registry.registry import Registry
from ganzoo.support.errors import SpecError
from ganzoo.zoo.catalog import ganzoo_components

RING = "mlp+bce+r1@ring8"


def setting(name, text):
    return options(Settings)[name].convert(text)


def faults(spec, settings=None, **how):
    with pytest.raises(SpecError) as caught:
        resolve(spec, None, settings, **how)
    return caught.value.faults


def test_half_a_cosine_over_the_budget_or_over_images_and_then_it_stays():
    over_budget, over_images = Schedule(2.0, 0.2), Schedule(2.0, 0.2, 500)
    for images in (0, 1, 250, 999, 1000, 2000):
        share = min(images / 1000, 1)
        assert over_budget.at(images, 1000) == pytest.approx(1.1 + 0.9 * math.cos(math.pi * share), abs=1e-15)
        assert over_images.at(images, 1000) == over_images.at(images, 77)
    assert (over_budget.at(0, 1000), over_budget.at(1000, 1000), over_budget.at(5000, 1000)) == (2.0, 0.2, 0.2)
    assert over_images.at(250, 1000) == pytest.approx(1.1)
    assert over_images.at(500, 1000) == over_images.at(501, 1000) == 0.2
    assert [Schedule(0.1, 0.7).at(images, 1000) for images in (0, 1000)] == [0.1, 0.7]


def test_no_value_is_beyond_an_end():
    for start, end in ((0.1, 0.1), (1 - 2**-53, 0.9), (1e-300, 1e300)):
        values = [Schedule(start, end).at(images, 997) for images in range(998)]
        assert all(min(start, end) <= value <= max(start, end) for value in values)


def test_values_of_tuples_and_of_plain_numbers():
    betas = (Schedule(0.9, 0.5), 0.99)
    assert (first(betas), last(betas), value_at(betas, 1, 2)) == ((0.9, 0.99), (0.5, 0.99), (pytest.approx(0.7), 0.99))
    assert (first(3), last(None), value_at("x", 1, 2)) == (3, None, "x")


@pytest.mark.parametrize(
    ("name", "text", "value", "canonical"),
    [
        ("lr", "2e-3..2e-4", Schedule(2e-3, 2e-4), "0.002..0.0002"),
        ("lr", "1e-5..1", Schedule(1e-5, 1.0), "1e-05..1"),
        ("ttur", "1..4/500k", Schedule(1.0, 4.0, 500_000), "1..4/500000"),
        ("ema", "5000..500/2M", Schedule(5000.0, 500.0, 2_000_000), "5000..500/2000000"),
        ("betas", "0.9..0.5,0.99", (Schedule(0.9, 0.5), 0.99), "0.9..0.5,0.99"),
        ("betas", ["0", "0.9..0.99/10"], (0.0, Schedule(0.9, 0.99, 10)), "0,0.9..0.99/10"),
        ("betas", ("0.9..0.5", 0.99), (Schedule(0.9, 0.5), 0.99), "0.9..0.5,0.99"),
    ],
)
def test_what_is_written_is_read_and_written_again(name, text, value, canonical):
    assert setting(name, text) == value
    assert as_text(value) == canonical
    assert setting(name, canonical) == setting(name, value) == value
    assert deepcopy(value) == value


@pytest.mark.parametrize(
    ("spec", "settings", "said"),
    [
        ("mlp+bce+r1:every=1..2@ring8", {}, "r1: every: '1..2' is a schedule, but every is int >= 1 and stays; what"),
        ("mlp:width=8..16+bce@ring8", {}, "mlp: width: '8..16' is a schedule, but width is int >= 1, <= 65536 and"),
        ("mlp:dropout=0.1..0.5+bce@ring8", {}, "dropout is float >= 0, < 1 and stays; what may change over a run is"),
        *[
            ("mlp+bce@ring8", {name: "8..16"}, f"setting {name}: '8..16' is a schedule, but {name} is int >= 1")
            for name in ("batch", "latent", "d_steps", "shards", "images")
        ],
        ("mlp+bce+r1:weight=-1..2@ring8", {}, "'-1..2' is no schedule of float >= 0: '-1' is not float >= 0"),
        ("mlp+bce+r1:weight=1..-2@ring8", {}, "'1..-2' is no schedule of float >= 0: '-2' is not float >= 0"),
        ("mlp+bce+r1:weight=1..inf@ring8", {}, "'inf' is not finite; weight is float >= 0"),
        (
            "mlp+bce+r1:weight=.9...99@ring8",
            {},
            "'.9...99' has three dots in a row, and is no schedule; write 0.9..0.99",
        ),
        ("mlp+bce+r1:weight=2...5/9@ring8", {}, "is no schedule; write 2..0.5/9 or 2..5/9"),
        ("mlp+bce+r1:weight=2..x@ring8", {}, "'2..x' is no schedule of float >= 0: 'x' is not float >= 0"),
        ("mlp+bce+r1:weight=..2@ring8", {}, "'..2' is no schedule of float >= 0: '' is not float >= 0"),
        ("mlp+bce+r1:weight=2..1/0@ring8", {}, "'0' is no number of images from 1; write it as in 2..0.2/500k"),
        ("mlp+bce+r1:weight=2..1/@ring8", {}, "'' is no number of images from 1"),
        ("mlp+bce+r1:weight=2..1/0.5@ring8", {}, "'0.5' is no number of images from 1"),
        ("mlp+bce@ring8", {"ema": "off..5"}, "none is no end of one; write numbers, as in 2..0.2"),
        ("mlp+bce@ring8", {"betas": "0.9..1,0.99"}, "'1,0.99' is not float,float >= 0, < 1"),
        ("mlp+bce@ring8", {"betas": "0.9..0.5"}, "'0.9' is not float,float >= 0, < 1"),
        ("mlp+bce@ring8", {"lr": "1..2..3"}, "'1..2..3' is no schedule of float > 0"),
        ("mlp+bce@ring8", {"decay": "1..2"}, "'1..2' is not none|linear|cosine"),
        ("mlp+bce+r1:wieght=1..2@ring8", {}, "r1 has no option 'wieght'; nearest: weight"),
    ],
)
def test_what_cannot_change_is_refused_with_a_sentence(spec, settings, said):
    (fault,) = faults(spec, settings)
    assert said in fault


def test_two_dots_in_a_path_are_two_dots():
    assert str(resolve("dcgan+bce@folder:../faces,size=8").dataset.params["path"]) == "../faces"


@pytest.mark.parametrize("kind", ["loss", "regularizer"])
def test_every_float_of_every_built_in_term_may_change(kind):
    from ganzoo.recipes.parts import class_and_options

    found = [
        option
        for component in ganzoo_components()
        if component.kind == kind
        for option in class_and_options(component)[1].values()
        if "float" in option.type
    ]
    assert found
    assert all(option.varies for option in found)


@dataclass(kw_only=True)
class Layered(Regularizer):
    """Whose rate is used while networks are built, and whose scale is checked."""

    rate: float = 0.5
    """Of dropout."""
    scale: float = 1.0
    """At most 2."""
    pair: tuple[float, float] = (0.0, 1.0)
    """Two numbers."""
    constant = ("rate",)

    def __post_init__(self):
        if self.scale > 2:
            raise ValueError(f"scale is {self.scale}, and at most 2 makes sense")

    def d(self, t):
        return self.scale * t.fake_score.mean()


@dataclass(kw_only=True)
class Timed(Regularizer):
    uses_progress = True

    def d(self, t):
        return t.progress * t.fake_score.mean()


@dataclass(kw_only=True)
class Falling(Regularizer):
    """What a bundle and a data set give schedules to."""

    pull: float = 1.0

    def d(self, t):
        return self.pull * t.fake_score.mean()


def part(kind, name, cls="", **more):
    return Component(kind=kind, name=name, target=cls and f"{__name__}:{cls}", **more)


KNOWN = Registry(
    [
        *(c for c in ganzoo_components() if c.name in ("mlp", "bce", "r1", "ring8")),
        part("regularizer", "layered", "Layered"),
        part("regularizer", "timed", "Timed"),
        part("regularizer", "falling", "Falling", defaults={"lr": "2e-3..1e-3"}),
        part("bundle", "both", expands="bce+falling:pull=3..1/9"),
    ],
    environ={"GANZOO_PLUGINS": ""},
)


def test_an_author_says_which_floats_are_used_once():
    (fault,) = faults("mlp+bce+layered:rate=0.1..0.5@ring8", registry=KNOWN)
    assert fault.startswith("layered: rate: '0.1..0.5' is a schedule, but rate is float and stays; what may change")


def test_both_ends_make_a_term_that_its_class_accepts():
    (fault,) = faults("mlp+bce+layered:scale=1..3@ring8", registry=KNOWN)
    assert fault == "layered: scale is 3.0, and at most 2 makes sense"
    part = resolve("mlp+bce+layered:scale=2..0.5,pair=1..2%2C3@ring8", registry=KNOWN).regularizers[0]
    assert str(part) == "layered:scale=2..0.5,pair=1..2%2C3"
    assert part.schedules == {"scale": Schedule(2.0, 0.5), "pair": (Schedule(1.0, 2.0), 3.0)}
    assert (part.build().scale, part.build().pair) == (2.0, (1.0, 3.0))
    assert (part.build(ended=True).scale, part.build(ended=True).pair) == (0.5, (2.0, 3.0))


def test_bundles_and_parts_may_recommend_one():
    recipe = resolve("mlp+both@ring8", registry=KNOWN)
    assert recipe.regularizers[0].params["pull"] == Schedule(3.0, 1.0, 9)
    assert (recipe.settings.lr, recipe.setting_sources["lr"]) == (Schedule(2e-3, 1e-3), "regularizer falling")


def test_a_term_that_reads_the_progress_makes_the_budget_part_of_the_id():
    short, long = (resolve("mlp+bce+timed@ring8", None, {"decay": "none", "images": n}, KNOWN) for n in (1000, 2000))
    assert short.counts_budget
    assert short.id != long.id


def test_a_recipe_writes_it_down_and_reads_it_back():
    settings = {"lr": "2e-3..2e-4/10k", "betas": "0.9..0.5,0.99", "ema": "5000..500"}
    recipe = resolve("mlp+lsgan:a=-1..0+r1:2..0.2/500k@ring8", None, settings)
    assert recipe.spec == "mlp+lsgan:a=-1..0+r1:weight=2..0.2/500000@ring8"
    assert recipe.regularizers[0].params["weight"] == Schedule(2.0, 0.2, 500_000)
    written = json.loads(json.dumps(recipe.to_dict()))
    assert written["settings"]["lr"] == "0.002..0.0002/10000"
    assert written["settings"]["betas"] == ["0.9..0.5", 0.99]
    assert written["parts"][2]["params"]["weight"] == "2..0.2/500000"
    again = resolve(recipe.spec, None, written["settings"], canonical=True)
    assert (again.id, again.settings, again.spec) == (recipe.id, recipe.settings, recipe.spec)


@pytest.mark.parametrize(
    ("spec", "settings", "counts"),
    [
        (RING, {}, False),
        (RING, {"decay": "linear"}, True),
        (RING, {"lr": "2e-3..2e-4"}, True),
        (RING, {"lr": "2e-3..2e-4/5k"}, False),
        (RING, {"betas": "0.5,0.9..0.99"}, True),
        (RING, {"betas": "0.5,0.9..0.99/5k"}, False),
        ("mlp+bce+r1:weight=2..1@ring8", {}, True),
        ("mlp+bce+r1:weight=2..1/5k@ring8", {}, False),
        ("mlp+bce+r1:weight=2..1/5k@ring8", {"ema": "5000..1"}, True),
    ],
)
def test_the_budget_is_part_of_the_id_where_something_changes_over_it(spec, settings, counts):
    short, long = (resolve(spec, None, {"decay": "none", **settings, "images": n}) for n in (1000, 2000))
    assert short.counts_budget == counts
    assert (short.id != long.id) == counts


def test_a_constant_schedule_is_another_recipe_than_the_number():
    assert resolve("mlp+bce+r1:weight=2..2/1@ring8").id != resolve("mlp+bce+r1:weight=2@ring8").id


def test_show_says_what_it_does():
    shown = CliRunner().invoke(main, ["show", "mlp+bce+r1:weight=2..0.2/500k@ring8", "-s", "betas=0.9..0.5,0.99"])
    assert shown.exit_code == 0, shown.output
    lines = [" ".join(line.split()) for line in shown.output.splitlines()]
    assert "weight 2..0.2/500000: half a cosine over 500,000 images given" in lines
    assert "betas 0.9..0.5,0.99: half a cosine over the budget given" in lines
