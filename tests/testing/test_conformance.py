"""The conformance kit: built-in parts pass it, and each mistake is found by the check that exists for it."""

import os
from itertools import groupby
from pathlib import Path

import pytest
from helpers import nonconforming, words
from PIL import Image

from ganzoo.testing import TIERS, cases, conformance
from ganzoo.zoo import catalog

DOWNLOADED = ("mnist", "stacked-mnist", "fashion-mnist", "kmnist", "cifar10", "cifar100", "svhn", "stl10", "celeba")
SLOW = ("swd", "kid", "memorization", "cas", "augmentation", "local", "ray")
TRACED = ("bce", "wgan", "rpgan", "r1", "gp", "sn", "ada", "acgan", "mlp", "dcgan")
PARTNERS = ("lsgan", "ring8")
EXPECTED = {
    "dragan-mean_of_singletons": "its noise is scaled by the standard deviation of the batch",
    "ms-ssim-real_beats_noise": "it measures diversity alone, and nothing is as diverse as noise",
    "smoothness-real_beats_noise": "it scores the generator, not samples",
    "diffaug-finds_modes": "an mlp that sees digits shifted and cut finds eight of ten in a short run",
    "clip-finds_modes": "clipped to 0.01, D learns too slowly for a short run",
}


def name_of(group):
    return f"{group[0].check.tier}-{group[0].part}"


def built_in(quick):
    """Cases of built-in parts, grouped by tier and part: quick groups, or the others. Nothing is downloaded."""
    chosen = [c for c in cases(catalog, TIERS, EXPECTED) if c.part not in DOWNLOADED or c.check.tier == "static"]
    groups = [list(group) for _, group in groupby(chosen, lambda case: (case.check.tier, case.part))]
    return [group for group in groups if is_quick(group[0].check.tier, group[0].part) == quick]


def is_quick(tier, part):
    sampled = {"capture": TRACED, "combination": PARTNERS, "learning": ()}
    return part in sampled[tier] if tier in sampled else part not in SLOW


def assert_conforms(group):
    failures = [case.explain(outcome) for case in group if (outcome := case.run()).status == "failed"]
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("group", built_in(quick=True), ids=name_of)
def test_built_ins_conform(group):
    assert_conforms(group)


def test_every_built_in_stays_on_the_device_of_its_game():
    """As on a GPU, without one. A skipped check checks nothing, so none may be skipped."""
    outcomes = {c.part: c.run() for c in cases(catalog, ["capture"]) if c.check.name == "one_device"}
    assert {part: outcome for part, outcome in outcomes.items() if outcome.status != "passed"} == {}
    assert len(outcomes) > 35


@pytest.mark.slow
@pytest.mark.skipif("GANZOO_CONFORMANCE" not in os.environ, reason="takes an hour: set GANZOO_CONFORMANCE=1")
@pytest.mark.parametrize("group", built_in(quick=False), ids=name_of)
def test_built_ins_conform_where_that_takes_long(group):
    assert_conforms(group)


@pytest.fixture(scope="module")
def mistakes():
    return cases(nonconforming)


@pytest.mark.parametrize("part", nonconforming.MISTAKES)
def test_each_mistake_is_found_by_its_check(mistakes, part):
    _, expected = nonconforming.MISTAKES[part]
    own = [case for case in mistakes if case.part == part]
    last = max(TIERS.index(case.check.tier) for case in own if case.check.name in expected)
    relevant = [c for c in own if c.check.tier in TIERS[: min(last + 1, 4)] or c.check.name in expected]
    failed = {case.check.name: outcome for case in relevant if (outcome := case.run()).status == "failed"}
    assert failed.keys() == expected, failed
    assert all(fault for outcome in failed.values() for fault in outcome.messages)


def test_a_plugin_of_another_form_conforms():
    results = [(case, case.run()) for case in cases(Path(words.__file__), TIERS[:3])]
    assert {"splits", "units", "files", "real_beats_noise"} <= {case.check.name for case, _ in results}
    assert not [case.explain(outcome) for case, outcome in results if outcome.status == "failed"]


def test_each_split_and_each_file_is_checked(mistakes):
    def said(part, check):
        (case,) = (case for case in mistakes if (case.part, case.check.name) == (part, check))
        return "; ".join(case.run().messages)

    assert said("wider", "splits") == (
        "outliers: samples are torch.float32 (4,), but should be torch.float32 (3,); "
        "asked: there are 4 rows of given for 5 samples; otherwise write paired=False"
    )
    assert said("clipped", "units") == "outliers: decode(encode(x)) is not x"
    assert said("untested", "splits") == "its splits are train, held_out, but test must be among them"
    assert "are written as .npz only" in said("untested", "files")
    assert said("nameless", "files") == "it has `write`, but `suffixes` is empty, so that nothing is ever written"
    assert said("rounded", "files") == (
        ".csv: torch.float32 (1, 3) is read as torch.float64 (3,); "
        "a suffix is 'TXT', but should be small letters after a dot, such as .csv"
    )


def test_a_failure_says_what_why_how_to_mend_it_and_where(mistakes):
    case = next(c for c in mistakes if str(c) == "mathematics-upside-signs")
    lines = case.explain(case.run()).splitlines()
    assert lines[0].startswith(
        "upside: mlp+helpers/upside@ring8 on 2: the derivative of d() by the scores of reals, at scores of 0, is"
    )
    assert [line.split()[0] for line in lines[-3:]] == ["why", "mend", "see"]
    assert all(len(line.split()) >= 2 for line in lines)


def test_every_check_says_why_and_how_to_mend():
    for check in {case.check.name: case.check for case in cases(catalog)}.values():
        assert len(check.why.split()) > 5, check.name
        assert check.mend, check.name
        assert check.see, check.name


def outcome(plugin, name, **options):
    return next(c for c in cases(plugin, **options) if str(c) == name).run()


@pytest.mark.parametrize("key", ["summary", "untidy-summary"])
def test_an_expected_failure_must_fail(key):
    expected = {"expected_failures": {key: "not yet written"}}
    assert outcome(nonconforming, "static-untidy-summary", **expected).status == "expected"
    if key == "summary":
        (message,) = outcome(nonconforming, "static-upside-summary", **expected).messages
        assert message == "it is expected to fail (not yet written), but passes; remove it from the expected failures"


def test_a_plugin_may_declare_its_expected_failures(monkeypatch):
    monkeypatch.setattr(nonconforming, "EXPECTED_FAILURES", {"upside-signs": "not yet turned"}, raising=False)
    assert outcome(nonconforming, "mathematics-upside-signs").status == "expected"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tiers": ["statics"]}, "no tier 'statics'; nearest: static"),
        (
            {"expected_failures": {"sumary": ""}},
            "expected_failures has 'sumary', but there is no such check; nearest: summary",
        ),
        ({"options": {"foldr": {}}}, "options has 'foldr', but there is no such part; nearest: folder"),
    ],
)
def test_unknown_names_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        cases(catalog, **options)


def test_a_part_that_needs_an_option_is_skipped_or_given_it(tmp_path):
    assert "give it: conformance(plugin, options={'folder'" in outcome(catalog, "build-folder-splits").messages[0]
    for i in range(12):
        Image.new("L", (16, 16), 20 * i).save(tmp_path / f"{i}.png")
    options = {"folder": {"path": tmp_path, "size": 8}}
    assert outcome(catalog, "build-folder-splits", options=options).status == "passed"


def test_a_plugin_that_cannot_be_loaded_is_one_failure():
    (loads, imports) = (c for c in cases("json", ["static"]))
    assert "no function ganzoo_components" in loads.run().messages[0]
    assert imports.run().status == "skipped"


def test_pytest_gets_a_test_for_each_case():
    test = conformance(nonconforming, tiers=["static"], expected_failures={"untidy-paper": "anonymous"})
    (mark,) = test.pytestmark
    by_name = {str(case): case for case in mark.args[1]}
    assert by_name.keys() == {str(case) for case in cases(nonconforming, ["static"])}
    test(by_name["static-upside-paper"])
    with pytest.raises(pytest.fail.Exception, match="untidy: it has no summary"):
        test(by_name["static-untidy-summary"])
    with pytest.raises(pytest.xfail.Exception, match="anonymous"):
        test(by_name["static-untidy-paper"])
