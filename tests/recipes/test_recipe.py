"""Recipes: what overrides what, what identifies them, and every mistake at once."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Meta

from ganzoo.interfaces.component import Component
from ganzoo.interfaces.terms import Loss, Regularizer
from ganzoo.recipes.options import options
from ganzoo.recipes.precedence import ELSEWHERE, OF_PARTS
from ganzoo.recipes.recipe import dataset, resolve
from ganzoo.recipes.settings import Settings
from ganzoo.registry.registry import Registry
from ganzoo.support.errors import DataError, SpecError
from ganzoo.zoo.catalog import ganzoo_components
from ganzoo.zoo.datasets.images import Images


@dataclass
class Net:
    """An architecture that is never built into networks."""

    width: Annotated[int, Meta(ge=1)] = 8
    """Channels."""
    rates: tuple[float, float] = (0.0, 0.5)
    skip: bool = False
    limit: Annotated[float, Meta(gt=0)] | None = None

    def __post_init__(self):
        if self.width == 13:
            raise ValueError("13 brings bad luck")
        if self.width == 14:
            raise KeyError("licence")

    def generator(self, spec):
        raise NotImplementedError

    discriminator = generator


@dataclass
class LaterNet(Net):
    """The same, once it has learned one thing more."""

    bias: bool = True
    generator = discriminator = Net.generator


class Plain(Loss):
    def d(self, t):
        return t.fake_score.mean()

    def g(self, t):
        return -t.fake_score.mean()


class Half(Loss):
    def d(self, t):
        return t.fake_score.mean()


@dataclass
class Blueprint:
    """An architecture without a D."""

    generator = Net.generator


class Bare:
    """No dataclass."""


class Forgotten(Plain):
    """Whose own field is none, since it only inherits from a dataclass."""

    slope: float = 1.0


def function():
    """No class at all."""


@dataclass
class Moody:
    mood: str = field(default_factory=lambda: 1 / 0)


@dataclass(kw_only=True)
class Pull(Regularizer):
    pull: float = 1.0

    def d(self, t):
        return t.fake_score.mean()


@dataclass(kw_only=True)
class Early(Regularizer):
    order = 0


@dataclass
class Unread(Images):
    def load(self):
        raise AssertionError("a recipe reads no data")


@dataclass
class Files(Unread):
    path: Path
    """Where they are."""

    def __post_init__(self):
        if self.path == Path("/damaged"):
            raise DataError("/damaged: cannot be read")


@dataclass
class Nothing:
    """A data set that is none."""

    labels = 3

    @property
    def train(self):
        raise AssertionError("a recipe reads no data")


def part(kind, name, target="", **more):
    return Component(kind=kind, name=name, target=target and f"{__name__}:{target}", **more)


IMAGE = frozenset({"image"})
FAKES = [
    part("architecture", "net", "Net", data=IMAGE, defaults={"latent": 5, "batch": 5}),
    part("loss", "plain", "Plain", defaults={"latent": 3, "d_steps": 3}),
    part("loss", "other", "Plain"),
    part("regularizer", "pull", "Pull", defaults={"latent": 4, "ttur": 2}),
    part("regularizer", "also", "Pull", defaults={"ttur": 4}),
    part("regularizer", "early", "Early"),
    part("regularizer", "wrong", "Net"),
    part("regularizer", "gone", "Gone"),
    part("loss", "half", "Half"),
    part("architecture", "blueprint", "Blueprint"),
    part("loss", "undecorated", "Bare"),
    part("regularizer", "forgotten", "Forgotten"),
    part("regularizer", "function", "function"),
    part("regularizer", "moody", "Moody"),
    part("dataset", "half-data", "Nothing"),
    part("bundle", "both", expands="plain+pull:7", defaults={"d_steps": 2}),
    part("dataset", "digits", "Unread", data=IMAGE, defaults={"lr": 0.5, "batch": 6, "net:width": 4, "pull:pull": 2}),
    part("dataset", "bare", "Unread", data=IMAGE),
    part("dataset", "letters", "Unread", data=IMAGE, defaults={"d_steps": 6, "both:d_steps": 4, "both:lr": 0.1}),
    part("dataset", "unsure", "Unread", data=IMAGE, defaults={"both:pull": 4}),
    part("dataset", "files", "Files", data=IMAGE),
    part("dataset", "ring", "Unread", data=frozenset({"points"})),
]
KNOWN = Registry(FAKES, environ={"GANZOO_PLUGINS": ""})


def make(spec, data=None, **settings):
    return resolve(spec, data, settings, KNOWN)


def faults(spec, data=None, **settings):
    with pytest.raises(SpecError) as caught:
        make(spec, data, **settings)
    return caught.value.faults


def test_options_given_override_the_bundle_the_dataset_and_the_default():
    def pull(spec):
        (found,) = make(spec).regularizers
        return found.params["pull"], found.sources["pull"]

    assert pull("net+both+pull:3") == (3, "given")
    assert pull("net+both") == (7, "bundle both")
    assert pull("net+plain+pull") == (2, "dataset digits")
    assert pull("net+plain+pull@bare") == (1, "default")
    assert make("net+both+pull:every=2").regularizers[0].params == {"pull": 7, "weight": 1, "every": 2}


def test_settings_by_rank():
    recipe = make("net+both", lr="0.25")
    assert asdict(recipe.settings).items() >= {"lr": 0.25, "d_steps": 2, "latent": 3, "ttur": 2, "batch": 5}.items()
    named = {name: recipe.setting_sources[name] for name in ("lr", "d_steps", "latent", "ttur", "batch", "shards")}
    assert list(named.values()) == [
        "given",
        "bundle both",
        "loss plain",
        "regularizer pull",
        "architecture net",
        "default",
    ]
    assert make("net+other").setting_sources["lr"] == "dataset digits"


def test_a_data_set_may_recommend_settings_with_a_bundle():
    bundle, parts = make("net+both@letters"), make("net+plain+pull:7@letters")
    assert (bundle.settings.d_steps, bundle.setting_sources["d_steps"]) == (4, "dataset letters (for both)")
    assert (bundle.settings.lr, bundle.setting_sources["lr"]) == (0.1, "dataset letters (for both)")
    assert (parts.settings.d_steps, parts.setting_sources["d_steps"]) == (3, "loss plain")
    assert parts.setting_sources["lr"] == "default"
    assert make("net+both@letters", d_steps=1).setting_sources["d_steps"] == "given"
    (fault,) = faults("net+both@unsure")
    assert fault.startswith("dataset unsure (for both) recommends setting pull: there is no such setting; possible: ")


def test_settings_of_one_rank_that_disagree_are_a_fault_unless_decided():
    (fault,) = faults("net+plain+pull+also")
    assert (
        fault == "setting ttur: regularizer pull recommends 2 and regularizer also recommends 4; decide with -s ttur=2"
    )
    assert make("net+plain+pull+also", ttur=3).settings.ttur == 3


def test_steps_are_moves_of_g():
    assert make("net+both", steps="1k", batch=10).settings.images == 1000 * 10 * 2
    assert make("net+both", images="200k").settings.images == 200_000
    assert "given twice" in faults("net+both", steps=1, images=1)[0]


def test_values_are_read_as_people_write_them():
    params = make("net:rates=0%2C0.9,skip=yes,limit=off+plain").architecture.params
    assert params == {"width": 4, "rates": (0.0, 0.9), "skip": True, "limit": None}
    assert make("net+plain@files:~/x").dataset.params["path"] == Path("~/x").expanduser()
    assert make("net+plain", "files:/a+b@c").dataset.params["path"] == Path("/a+b@c")
    assert make("net+plain", ema="none").settings.ema is None


@pytest.mark.parametrize(
    ("text", "images"),
    [("1.001k", 1001), ("1.015K", 1015), (".5k", 500), ("0.1m", 100_000), ("1e2k", 100_000), ("2000000m", 2 * 10**12)],
)
def test_counts_with_a_unit_are_exact(text, images):
    assert make("net+plain", images=text).settings.images == images


@pytest.mark.parametrize("text", ["1.0005k", "1e999999999k", "-1e-999999999k", "nank", "infk", "snank", "k", "0k"])
def test_what_is_no_count_is_told(text):
    assert faults("net+plain", images=text) == [f"setting images: {text!r} is not int >= 1"]


@pytest.mark.parametrize("given", ["1e400", "nan", "-inf", "9" * 400, 10**400, float("inf")])
def test_numbers_that_are_not_finite_are_told(given):
    assert faults("net+plain", lr=given) == [f"setting lr: {given!r} is not finite; lr is float > 0"]


@pytest.mark.parametrize("given", ["9" * 20, "9" * 5000, 10**30, "-" + "9" * 20])
def test_numbers_beyond_any_bound_are_faults(given):
    (fault,) = faults("net+plain", batch=given)
    assert fault.startswith("setting batch: ")


@pytest.mark.parametrize(
    "spec",
    [
        "net+both",
        "pull+plain+net@bare",
        "net:8+plain",
        "net:limit=0.5,rates=1%2C2,skip=on+plain",
        "net+plain@files:/a+1,b",
    ],
)
def test_the_canonical_spec_resolves_to_the_same_recipe(spec):
    recipe = make(spec.replace(",b", "%2Cb"))
    again = make(recipe.spec, **asdict(recipe.settings))
    assert (again.spec, again.id) == (recipe.spec, recipe.id)
    assert [p.params for p in again.parts] == [p.params for p in recipe.parts]


def test_the_canonical_spec_is_sorted_and_states_what_is_not_default():
    assert make("pull+both+early+net").spec == "net:width=4+plain+early+pull:pull=7@digits"
    assert make("net:8+plain@bare").spec == "net+plain@bare"
    assert make("net:8+plain").spec == "net:width=8+plain@digits"


def test_the_id_is_that_of_what_decides_the_numbers():
    known = make("net+both").id
    assert len(known) == 12
    assert known == make("pull+both+net@digits").id == make("net:4+both", images=7).id == make("net+both", lr=0.5).id
    others = [make("net:5+both"), make("net+both@bare"), make("net+both", lr=0.1), make("net+both", decay="linear")]
    assert len({known, *(other.id for other in others)}) == 5
    assert make("net+both", decay="linear", images=7).id != make("net+both", decay="linear", images=8).id


def test_the_id_changes_with_a_components_version():
    changed = [part("loss", "plain", "Plain", version=2) if c.name == "plain" else c for c in FAKES]
    before = make("net+plain", d_steps=1, latent=1)
    assert resolve("net+plain", None, {"d_steps": 1, "latent": 1}, Registry(changed, {})).id != before.id


def test_the_id_stays_when_a_part_is_given_a_new_option():
    later = [replace(c, target="test_recipe:LaterNet") if c.name == "net" else c for c in FAKES]
    known = Registry(later, {})
    assert resolve("net+plain", None, {}, known).id == make("net+plain").id
    assert resolve("net:bias=off+plain", None, {}, known).id != make("net+plain").id


def test_a_canonical_spec_means_the_same_when_its_data_set_recommends_more():
    before = make("net+plain@bare")
    later = [replace(c, defaults={"net:width": 4, "lr": 9}) if c.name == "bare" else c for c in FAKES]
    again = resolve(before.spec, None, asdict(before.settings), Registry(later, {}), canonical=True)
    assert [p.params for p in again.parts] == [p.params for p in before.parts]
    assert again.settings == before.settings
    assert resolve("net+plain@bare", None, {}, Registry(later, {})).architecture.params["width"] == 4
    stated = resolve("net:8+plain@bare", None, {}, Registry(later, {}))
    same = resolve(stated.spec, None, asdict(stated.settings), Registry(later, {}), canonical=True)
    assert (same.spec, same.id) == (stated.spec, stated.id)


def test_the_slug_is_a_name_of_a_directory():
    assert make("net+plain@files:/A b").slug == "net+plain@files-path-a-b"
    assert len(make(f"net+plain@files:/{'x' * 99}").slug) == 80


def test_all_mistakes_are_listed_at_once():
    said = faults("nett+both:5+pull:pul=1,every=0+other@digitz", batch="x", bach=3, lr="inf", shards=-1)
    expected = [
        "'nett'; nearest: net",
        "both is a bundle",
        "one loss, but this has other and plain (of both)",
        "'digitz'; nearest: digits",
        "no option 'pul'; nearest: pull",
        "every: '0' is not int >= 1",
        "batch: 'x' is not int >= 1",
        "no such setting; nearest: batch",
        "lr: 'inf'",
        "shards: -1 is not int >= 1",
    ]
    assert len(said) == len(expected)
    assert all(any(text in fault for fault in said) for text in expected)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("plain", "needs one architecture; add one of net, blueprint"),
        ("net", "needs one loss; add one of plain, other, half, undecorated"),
        ("net+net+plain", "net is named twice"),
        ("net+both+both", "both is named twice"),
        ("net+plain+digits", "a data set is written @digits"),
        ("net+dataset=digits+plain", "write @digits"),
        ("net+los=plain+plain", "'los' is no kind of a part; nearest: loss"),
        ("net+loss=net+plain", "not loss"),
        ("net+plain@ring", "net takes data of the kind image, but ring is points"),
        ("net+plain@files", "files needs its option path (path); write files:path=..."),
        ("net:13+plain", "13 brings bad luck"),
        ("net:3,width=4+plain", "width is given twice"),
        ("net:rates=1+plain", "'1' is not float,float"),
        ("net:skip=maybe+plain", "'maybe' is not bool"),
        ("net:14+plain", "net: KeyError: 'licence'"),
        ("net:limit=nan+plain", "limit: 'nan' is not finite; limit is float or none > 0"),
        ("net:rates=0%2C1e400+plain", "rates: '0,1e400' is not finite"),
        ("net:width=1e400+plain", "'1e400' is not int >= 1"),
        ("net+half", f"half: {__name__}:Half has no g; every loss defines d and g"),
        ("blueprint+plain", "Blueprint has no discriminator; every architecture defines generator and discriminator"),
        ("net+undecorated", f"loss 'undecorated': {__name__}:Bare is no dataclass; make it a class with @dataclass"),
        ("net+plain+forgotten", ":Forgotten is no dataclass; make it a class with @dataclass above, whose fields are"),
        ("net+plain+function", ":function is no dataclass"),
        ("net+plain+moody", "Moody: its options cannot be read: ZeroDivisionError"),
        ("net+plain@half-data", "Nothing has no kind, revision, shape, source, metrics, primary,"),
        ("net+plain:every=2", "plain has no option 'every'"),
        ("net+plain+early:weight=2", "early has no options"),
        ("net+plain+wrong", "is no subclass of ganzoo.Regularizer"),
        ("net+plain+gone", "cannot be loaded"),
        ("net+plain+", "is no name of a part"),
    ],
)
def test_each_mistake_is_a_sentence(spec, said):
    (fault,) = faults(spec)
    assert said in fault


def test_two_datasets_are_one_too_many():
    assert faults("net+plain@bare", "digits") == ["two data sets: @bare in the spec, and --data digits; give one"]


def test_one_part_can_be_built_many_times():
    recipe = make("net+both")
    loss, pull = (part.build() for part in recipe.terms)
    assert (loss.name, pull.name, pull.pull) == ("plain", "pull", 7)
    assert recipe.terms[0].build() is not loss


def test_records_and_json_hold_everything():
    recipe = make("net+both@files:/x")
    assert [(part.component.kind, part.component.name) for part in recipe.parts][-1] == ("dataset", "files")
    said = recipe.to_dict()
    assert said["parts"][-1]["params"] == {"path": "/x"}
    assert said["parts"][2]["sources"]["pull"] == "bundle both"
    assert said["settings"]["betas"] == [0.0, 0.9]
    assert said["setting_sources"].keys() == said["settings"].keys()


def test_dataset_builds_what_data_names():
    made = dataset("files:/a+b", KNOWN)
    assert made == Files(Path("/a+b"))
    assert made.name == "files"
    with pytest.raises(SpecError, match="Nothing has no kind"):
        dataset("half-data", KNOWN)
    with pytest.raises(SpecError, match="nearest: files"):
        dataset("file:/x", KNOWN)


def test_data_that_cannot_be_read_is_told_as_such():
    for make_it in (lambda: dataset("files:/damaged", KNOWN), lambda: make("net+plain@files:/damaged")):
        with pytest.raises(DataError, match="/damaged: cannot be read"):
            make_it()


def test_options_describe_the_fields_of_a_class():
    available = options(Net)
    assert (available["width"].admits, available["width"].doc) == ("int >= 1", "Channels.")
    assert available["limit"].admits == "float or none > 0"
    assert list(options(Pull)) == ["pull", "weight", "every"]
    assert list(options(Plain)) == ["weight"]
    assert options(Early) == {}
    assert options(Files)["path"].required


@pytest.mark.parametrize("bundle", [c for c in ganzoo_components() if c.kind == "bundle"], ids=lambda c: c.name)
def test_every_built_in_bundle_resolves(bundle):
    recipe = resolve(f"dcgan+{bundle.name}", registry=Registry(environ={"GANZOO_PLUGINS": ""}))
    assert recipe.spec.endswith("@digits")


@pytest.mark.parametrize(
    ("setting", "meant"),
    [
        ("n_critic=5", "setting n_critic: there is no such setting; here it is called d_steps"),
        ("batch-size=5", "setting batch-size: there is no such setting; here it is called batch"),
        ("label_smoothing=0.1", "; it is an option of a part, as in bce:smooth=0.1"),
    ],
)
def test_settings_by_names_that_are_in_use_elsewhere(setting, meant):
    name, value = setting.split("=")
    with pytest.raises(SpecError) as refusal:
        resolve("dcgan+bce", None, {name: value})
    assert meant in str(refusal.value)


def test_what_is_advised_instead_of_a_setting_is_there():
    assert ELSEWHERE.keys() <= options(Settings).keys()
    for part in OF_PARTS:
        resolve(f"{part}+bce" if part.startswith("dcgan") else f"dcgan+{part}", "digits", {})
