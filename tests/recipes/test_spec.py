"""The grammar: what it admits, what it says of the rest, and that no string makes it fail otherwise."""

from contextlib import suppress

import pytest
from hypothesis import example, given, strategies as st

from ganzoo.interfaces.component import KINDS
from ganzoo.recipes.spec import PartSpec, Spec, parse, parse_part
from ganzoo.support.errors import SpecError

NAMES = st.from_regex(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
OPTIONS = st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_]*", fullmatch=True), TEXT, max_size=3)
PARTS = st.builds(PartSpec, NAMES, st.none() | st.sampled_from(KINDS), st.none() | NAMES, OPTIONS)
DATASETS = st.builds(PartSpec, NAMES, st.none(), st.none() | NAMES, OPTIONS)
SPECS = st.builds(Spec, st.lists(PARTS, min_size=1, max_size=3).map(tuple), st.none() | DATASETS)


def test_the_examples_of_the_grammar():
    assert parse("dcgan+wgangp@mnist") == Spec((PartSpec("dcgan"), PartSpec("wgangp")), PartSpec("mnist"))
    spec = parse("resnet:width=64+hinge+sn+r1:weight=5,every=16@stacked-digits")
    assert spec.parts[3] == PartSpec("r1", options={"weight": "5", "every": "16"})
    assert parse("loss=mine/soft:3,b=2").parts == (PartSpec("soft", "loss", "mine", {"": "3", "b": "2"}),)
    assert parse("a@folder:~/faces,size=64").dataset == PartSpec("folder", options={"": "~/faces", "size": "64"})


def test_plus_separates_only_before_a_letter():
    spec = parse("dcgan:lr=1e+4+wgan")
    assert spec.parts == (PartSpec("dcgan", options={"lr": "1e+4"}), PartSpec("wgan"))
    assert str(spec) == "dcgan:lr=1e%2B4+wgan"


def test_values_are_encoded_in_the_canonical_form():
    part = PartSpec("a", options={"": "~/x,y", "b": "1@2=3%4+c"})
    assert str(part) == "a:~/x%2Cy,b=1%402%3D3%254%2Bc"
    assert parse(str(part)).parts == (part,)


def test_data_is_never_split_at_plus_or_at():
    assert parse_part("folder:~/a+b@c,size=8") == PartSpec("folder", options={"": "~/a+b@c", "size": "8"})
    with pytest.raises(SpecError, match="without its kind"):
        parse_part("dataset=digits")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no name"),
        ("@digits", "has no name"),
        ("dcgan@", "has no name"),
        ("dcgan++wgan", r"'dcgan\+' is no name"),
        ("2gan", "'2gan' is no name"),
        ("dcgan wgan", "is no name"),
        ("a@b@c", "one data set at most"),
        ("a@b+c", "the data set comes last"),
        ("a@dataset=b", "without a kind"),
        ("a:", "an option is empty"),
        ("a:b=1,2", "'2' has no key"),
        ("a:1-b=2", "'1-b' is no name of an option"),
        ("a:b=1,b=2", "'b' is given twice"),
        ("a:b=50%", "written %25"),
        ("a:b=%ff", "not UTF-8"),
    ],
)
def test_faults_say_what_to_do(text, said):
    with pytest.raises(SpecError, match=said):
        parse(text)


def test_all_faults_are_listed_at_once():
    with pytest.raises(SpecError) as caught:
        parse("a:+b:1,2+c:=3")
    assert len(caught.value.faults) == 3
    assert str(caught.value).count("\n  - ") == 3


@given(SPECS)
def test_every_spec_survives_the_round_trip(spec):
    assert parse(str(spec)) == spec


@given(st.text() | st.text("ab1+:@,=%/-~. F"))
@example("a:%ed%a0%80")
def test_any_string_is_a_spec_or_a_spec_error(text):
    for read in (parse, parse_part):
        spec = None
        with suppress(SpecError):
            spec = read(text)
        assert spec is None or read(str(spec)) == spec
