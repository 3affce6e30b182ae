"""`ganzoo matrix` gives the same reasons as building the same recipe."""

import json
import warnings
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from ganzoo.cli import main
from ganzoo.cli.crosstab import Crosstab, pairs_by_reason
from ganzoo.interfaces.component import Component
from ganzoo.interfaces.terms import Loss, Regularizer
from ganzoo.recipes.recipe import resolve
from ganzoo.registry.find import Plugin
from ganzoo.registry.registry import Registry
from ganzoo.support.errors import Incompatible, SpecError
from ganzoo.testing.matrix import Matrix, MatrixCell
from ganzoo.testing.trials import Noise
from ganzoo.training.build import assemble
from ganzoo.training.engine import Engine
from ganzoo.training.networks import Form
from ganzoo.zoo.catalog import ganzoo_components

ENGINE = Engine(device="cpu", threads=1, layout="contiguous")
BUILT_IN = Registry(ganzoo_components(), environ={"GANZOO_PLUGINS": ""})


def invoke(*arguments):
    result = CliRunner().invoke(main, ["matrix", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def try_parts(matrix, *names):
    return matrix.cell(*(matrix.known.lookup(name) for name in names))


def refusals(spec, shape, labels):
    """What building a recipe raises, as lines."""
    try:
        assemble(resolve(spec, None, {"batch": 8, "latent": 5}), Form(shape, labels), ENGINE, seed=0)
    except Incompatible as error:
        return str(error).split("\n")
    except SpecError as error:
        return error.faults
    return []


@pytest.mark.parametrize("regularizer", [c.name for c in ganzoo_components() if c.kind == "regularizer"])
def test_cells_agree_with_building_the_recipe(regularizer):
    matrix = Matrix(known=BUILT_IN)
    with warnings.catch_warnings(action="ignore"):
        expected = refusals(f"dcgan+bce+{regularizer}@digits", (1, 8, 8), 10)
    cell = try_parts(matrix, "dcgan", "bce", regularizer)
    assert (cell.architecture, cell.loss, cell.regularizers, cell.data) == (
        "dcgan",
        "bce",
        (regularizer,),
        "digits, 1x8x8",
    )
    assert cell.status == ("refused" if expected else "works")
    assert list(cell.reasons) == expected or cell.status == "works"


def test_all_reasons_at_once():
    matrix = Matrix("ring8", known=BUILT_IN)
    assert try_parts(matrix, "dcgan", "bce", "diffaug").reasons == (
        "dcgan takes data of the kind image, but ring8 is points; one that fits is mlp or fc-maxout",
        "diffaug takes data of the kind image, but ring8 is points; leave it out",
    )
    matrix = Matrix(known=BUILT_IN)
    cell = try_parts(matrix, "dcgan", "bce", "pack", "acgan", "cgan")
    assert cell.status == "refused"
    assert list(cell.reasons) == refusals("dcgan+bce+pack+acgan+cgan@digits", (1, 8, 8), 10)
    assert len(cell.reasons) > 1


def test_combinations_are_complete():
    kinds = {kind: BUILT_IN.entries(kind) for kind in ("architecture", "loss", "regularizer")}
    a, losses, r = (len(entries) for entries in kinds.values())
    matrix = Matrix(known=BUILT_IN)
    everything = matrix.combinations(kinds["architecture"], kinds["loss"])
    assert len(everything) == len(set(everything)) == a * losses * (1 + r)
    pairs = matrix.combinations(kinds["architecture"][:1], kinds["loss"][:1], pairs=True)
    assert len(pairs) == len({frozenset(pair) for pair in pairs}) == r * (r - 1) // 2


# ---------------------------------------------------------------- what parts are tried on


@dataclass
class Large:
    """Networks for large images only."""

    def generator(self, spec):
        if spec.shape[-1] < 64:
            raise Incompatible("large images only; take larger ones")
        return _mlp().generator(spec)

    def discriminator(self, spec):
        return _mlp().discriminator(spec)


def _mlp():
    from ganzoo.zoo.architectures.mlp import MLP

    return MLP(width=4, depth=1)


@dataclass(kw_only=True)
class Raises(Loss):
    """A loss with a mistake that shows when a player moves."""

    def d(self, t):
        raise KeyError("score")

    def g(self, t):
        return t.fake_score.mean()


@dataclass(kw_only=True)
class Infinite(Regularizer):
    """A term that is not finite."""

    def d(self, t):
        return t.fake_score.mean() * float("inf")


@dataclass(kw_only=True)
class Mistaken(Regularizer):
    """A term with a mistake that shows when it is attached."""

    def attach(self, game):
        raise AttributeError("nets")


def part(kind, name):
    return Component(kind=kind, name=name.lower(), target=f"{__name__}:{name}")


PARTS = [part("architecture", "Large"), part("loss", "Raises"), part("regularizer", "Infinite")]
PARTS += [part("regularizer", "Mistaken")]
KNOWN = Registry([*ganzoo_components(), *PARTS], environ={"GANZOO_PLUGINS": ""})


def test_the_first_shape_that_an_architecture_builds_is_taken():
    matrix = Matrix(known=KNOWN)
    assert matrix.noise(KNOWN.lookup("dcgan")) == Noise((1, 8, 8), labels=10, name="digits")
    assert matrix.noise(KNOWN.lookup("large")) == Noise((3, 64, 64), labels=10, name="digits")
    assert try_parts(matrix, "large", "bce").status == "works"
    assert Matrix("digits", known=KNOWN).noise(KNOWN.lookup("large")).shape == (1, 8, 8)
    assert try_parts(Matrix("digits", known=KNOWN), "large", "bce").reasons == ("large images only; take larger ones",)


def test_missing_data_leaves_cells_untested(tmp_path):
    cell = try_parts(Matrix(f"folder:{tmp_path / 'none'}", known=BUILT_IN), "dcgan", "bce")
    assert (cell.status, cell.data) == ("untested", "")
    assert "none" in cell.reasons[0]


def test_mistakes_are_not_refusals():
    assert try_parts(Matrix(known=KNOWN), "mlp", "bce", "mistaken").reasons == ("AttributeError: nets",)
    assert try_parts(Matrix(known=KNOWN), "mlp", "bce", "mistaken").status == "broken"
    assert try_parts(Matrix(known=KNOWN), "mlp", "raises").status == "works"
    trained = Matrix(train=True, known=KNOWN)
    assert try_parts(trained, "mlp", "raises").reasons == ("KeyError: 'score'",)
    assert try_parts(trained, "mlp", "raises").status == "broken"
    assert try_parts(trained, "mlp", "bce", "infinite").status == "broken"
    assert "is not finite" in try_parts(trained, "mlp", "bce", "infinite").reasons[0]
    assert try_parts(trained, "mlp", "bce", "r1").status == "works"


def test_parts_of_plugins_are_tried_only_with_train():
    theirs = Plugin("theirs", "ganzoo-theirs", "1.2", "theirs", components=(part("regularizer", "Mistaken"),))
    known = Registry(ganzoo_components(), environ={"GANZOO_PLUGINS": ""}, given=[theirs])
    cell = try_parts(Matrix(known=known), "mlp", "bce", "mistaken")
    assert (cell.status, cell.regularizers) == ("untested", ("theirs/mistaken",))
    assert cell.reasons == ("parts of plugin theirs (ganzoo-theirs 1.2) are tried with --train only",)
    assert try_parts(Matrix(train=True, known=known), "mlp", "bce", "mistaken").status == "broken"


# ---------------------------------------------------------------- tables


def cell(loss, regularizer, status="works", *reasons, architecture="dcgan"):
    return MatrixCell(architecture, loss, (regularizer,) if regularizer else (), "digits, 1x8x8", status, reasons)


CELLS = [
    cell("bce", ""),
    cell("wgan", ""),
    cell("bce", "gp"),
    cell("wgan", "gp", "refused", "one; leave it out", "two"),
    cell("bce", "new", "untested", "not here"),
    cell("wgan", "new", "broken", "KeyError: 'x'"),
]


def test_a_table_of_one_architecture():
    rows = [line.split() for line in Crosstab(CELLS).text().splitlines()]
    assert rows[:4] == [["bce", "wgan"], ["(none)", "+", "+"], ["gp", "+", "a"], ["new", "?b", "!c"]]
    assert rows[-3:] == [["a", "one;", "leave", "it", "out;", "two"], ["b", "not", "here"], ["c", "KeyError:", "'x'"]]


def test_a_table_of_several_counts_losses():
    more = [cell(loss, r, architecture="mlp") for loss in ("bce", "wgan") for r in ("", "gp", "new")]
    table = Crosstab([*CELLS, *more]).markdown().splitlines()
    assert table[:5] == [
        "|  | dcgan | mlp |",
        "|---|---|---|",
        "| (none) | + | + |",
        "| gp | 1/2a | + |",
        "| new | !b,c | + |",
    ]
    assert table[-3:] == [
        "- a: with wgan: one; leave it out; two",
        "- b: with bce: not here",
        "- c: with wgan: KeyError: 'x'",
    ]


def test_pairs_by_reason():
    pairs = [MatrixCell("dcgan", "bce", (a, b), "", "refused", ("why",)) for a, b in (("r1", "sn"), ("r1", "gp"))]
    works = MatrixCell("dcgan", "bce", ("gp", "sn"), "", "works")
    assert pairs_by_reason([*pairs, works]).split() == ["refused", "why", "r1+sn,", "r1+gp"]
    assert Crosstab([*pairs, works]).markdown().splitlines()[:4] == [
        "|  | r1 | gp |",
        "|---|---|---|",
        "| sn | a | + |",
        "| gp | a |  |",
    ]


SOME = ("mlp", "dcgan", "bce", "wgan", "gp", "r1", "diffaug", "cbn", "digits", "ring8")


@pytest.fixture
def small(monkeypatch):
    """A zoo in which everything is quick; `small(part)` adds parts."""

    def make(*parts):
        known = Registry([*(c for c in ganzoo_components() if c.name in SOME), *parts], environ={"GANZOO_PLUGINS": ""})
        for function in ("ganzoo.cli.matrix.current_registry", "ganzoo.cli.text.current_registry"):
            monkeypatch.setattr(function, lambda: known)

    make()
    return make


@pytest.mark.usefixtures("small")
def test_the_command():
    result = json.loads(invoke("mlp", "--loss", "bce", "--json").output)
    cells = result["cells"]
    assert result["tried"] == "assembled"
    assert {c["architecture"] for c in cells} == {"mlp"}
    assert {c["loss"] for c in cells} == {"bce"}
    assert {"status": "works", "regularizers": ["gp"], "reasons": []}.items() <= cells[1].items()
    text = invoke("mlp", "--loss", "bce", "--train").output
    assert text.startswith(f"{len(cells)} combinations trained on noise like digits, 1x8x8: ")
    assert "\ngp" in text
    assert invoke("mlp", "--loss", "bce", "--markdown").output.splitlines()[2] == "|  | bce |"
    assert "\n(none)   +    +\n" in invoke().output
    assert invoke("--data", "ring8").output.startswith("20 combinations assembled on noise like ring8, 2: ")
    pairs = invoke("mlp", "--pairs", "--data", "ring8").output
    assert pairs.startswith("6 combinations")
    assert "gp+diffaug, r1+diffaug" in pairs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pairs"], "ganzoo matrix dcgan --pairs"),
        (["dcgna"], "nearest: dcgan"),
        (["dcgan", "--loss", "r1"], "'r1' is of the kind regularizer, not loss"),
    ],
)
def test_wrong_use(arguments, message):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_a_mistake_fails_the_command(small):
    small(part("regularizer", "Mistaken"))
    result = invoke("mlp", "--loss", "bce")
    assert result.exit_code == 1
    assert " is broken" in result.output
    assert "AttributeError: nets" in result.output
