"""The table of scores: what belongs to a row, and what is said once."""

import pytest

from ganzoo.evaluation.table import ScoreRow, in_words, number, score_rows, score_table
from ganzoo.interfaces.scores import Score, from_metrics

TRAIN, TEST = "judge@1,ref=digits/train:1297,n=500", "judge@1,ref=digits/test:500,n=500"
FID = [
    Score("fid", TRAIN, 593.56),
    Score("fid.sd", TRAIN, 3.53),
    Score("fid.floor", f"{TRAIN},resplits=40", 4.675),
    Score("fid.memoriser", TRAIN, 3.31),
    Score("fid.heldout", TEST, 601.34),
    Score("fid.heldout.floor", TEST, 5.73),
]
KL = [Score("kl", "judge@1,n=1500", 0.25), Score("kl.uniform", "judge@1,n=1500", None)]
BETTER = {"fid": "lower", "fid.heldout": "lower", "kl": "lower"}


def test_deviation_and_baselines_belong_to_the_row_of_their_score():
    row, *others = score_rows([*FID, *KL], BETTER)
    assert row == ScoreRow(
        name="fid",
        protocol=TRAIN,
        better="lower",
        value=593.56,
        sd=3.53,
        floor=4.675,
        memoriser=3.31,
        heldout=601.34,
        heldout_floor=5.73,
    )
    assert [(other.name, other.better, other.value) for other in others] == [
        ("kl", "lower", 0.25),
        ("kl.uniform", "", None),
    ]


def test_a_baseline_belongs_to_the_score_of_its_protocol_else_to_the_one_before():
    kid = from_metrics({"kid[a]": 1.0, "kid.sd[a]": 0.1, "kid.floor[a]": 0.5, "kid.sd.floor[a]": 0.2, "kid[b]": 2.0})
    first, second = score_rows([*kid, Score("kid.floor", "b,resplits=40", 0.7), Score("kid.memoriser", "a", 0.3)], {})
    assert (first.sd, first.floor, first.sd_floor, first.memoriser) == (0.1, 0.5, 0.2, 0.3)
    assert (second.value, second.sd, second.floor) == (2.0, None, 0.7)


def test_what_all_rows_share_is_said_once_and_what_differs_above_each_group():
    table = score_table({"value": [*FID, *KL]}, BETTER)
    assert table.protocol == "extractor judge@1"
    assert table.lines == [
        ["score", "value", "floor", "memoriser", "held-out", "better"],
        "reference digits/train (1,297 samples), n = 500",
        ["  fid", "593.6 ± 3.5", "4.675", "3.31", "601.3 (floor 5.73)", "lower"],
        "n = 1,500",
        ["  kl", "0.25", "", "", "", "lower"],
        ["  kl.uniform", "not defined", "", "", "", ""],
    ]
    assert table.legend.startswith("floor: held-out real data; memoriser: copied training data; held-out: ")


def test_one_protocol_needs_no_groups_and_columns_without_numbers_are_left_out():
    table = score_table({"value": KL}, BETTER)
    assert table.protocol == "extractor judge@1, n = 1,500"
    assert table.lines == [["score", "value", "better"], ["kl", "0.25", "lower"], ["kl.uniform", "not defined", ""]]
    assert table.legend == ""


def test_several_inputs_have_a_column_each():
    other = [Score("fid", TRAIN, 2_222.4), *FID[1:4], Score("vendi", "n=500", 0.5)]
    table = score_table({"a": FID, "b": other}, BETTER)
    assert table.lines == [
        ["score", "a", "b", "floor", "memoriser", "better"],
        ["vendi", "", "0.5", "", "", ""],
        "extractor judge@1, reference digits/train (1,297 samples)",
        ["  fid", "593.6 ± 3.5", "2,222 ± 3.5", "4.675", "3.31", "lower"],
        "extractor judge@1, reference digits/test (500 samples)",
        ["  fid.heldout", "601.3", "", "5.73", "", "lower"],
    ]
    assert table.protocol == "n = 500"


@pytest.mark.parametrize(
    ("value", "sd", "text"),
    [
        (None, None, "not defined"),
        (0.0025432, None, "0.002543"),
        (10.0, None, "10"),
        (12043.02, 5.987, "12,043 ± 6"),
        (-0.00012, 0.0003, "-0.00012 ± 0.0003"),
        (5000.0, 234.5, "5,000 ± 234"),
    ],
)
def test_numbers_are_short(value, sd, text):
    assert number(value, sd) == text


def test_a_protocol_in_words():
    words = in_words(["randconv-v1@9b39a81c", "ref=folder@1a2b/train:900", "n=1000", "subsets=100x500", "alpha=0.05"])
    assert words == (
        "extractor randconv-v1@9b39a81c, reference folder@1a2b/train (900 samples), n = 1,000, subsets = 100x500, "
        "alpha = 0.05"
    )
    assert in_words(["ref=mine"]) == "reference mine"
