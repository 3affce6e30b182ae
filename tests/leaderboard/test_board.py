"""Tables: which rows are in one, and their order."""

import time

import msgspec
import pytest
from helpers.fake_records import FID, board_of, failed, many, only_table, record, seeds, write_records

from ganzoo.leaderboard import formats
from ganzoo.leaderboard.board import BoardOptions, build_board
from ganzoo.leaderboard.scale import Scale
from ganzoo.support.errors import BoardError


def test_other_protocols_have_tables_of_their_own(tmp_path):
    other = FID.replace("n=500", "n=100")
    board = board_of(
        tmp_path, *seeds("dcgan+bce", 10, 11, 12), *seeds("dcgan+hinge", 1, 2, 3, key=other), failed("mlp+wgan")
    )
    assert [(table.key, [row.label for row in table.rows]) for table in board.tables] == [
        (FID, ["dcgan+bce", "mlp+wgan"]),
        (other, ["dcgan+hinge", "mlp+wgan"]),
    ]
    note = "Scores of another protocol are in a table of their own: the numbers are not comparable."
    assert all(note in table.notes for table in board.tables)
    assert [
        table.key for table in board_of(tmp_path, record(), record("dcgan+hinge", key=other), metric=other).tables
    ] == [other]


def test_combinations_that_diverged_come_last(tmp_path):
    board = board_of(tmp_path, *(failed("dcgan+wgan", s) for s in range(3)), *seeds("mlp+bce", 900, 901, 902))
    assert [(row.label, row.rank, row.n) for row in only_table(board).rows] == [
        ("mlp+bce", 1, 3),
        ("dcgan+wgan", None, 3),
    ]
    titles, _, last = formats.table_texts(only_table(board))
    assert last[2] == "lost"
    assert "3 diverged" in last[titles.index("runs")]


def test_a_run_that_failed_before_it_read_its_data_is_counted(tmp_path):
    early = msgspec.structs.replace(record().dataset, revision="")
    tried = failed("dcgan+hinge", status="failed", dataset=early)
    board = board_of(
        tmp_path, record(), failed("dcgan+wgan", status="failed", dataset=early), tried, record("dcgan+hinge")
    )
    assert {row.label: row.count("failed") for row in only_table(board).rows} == {
        "dcgan+bce": 0,
        "dcgan+hinge": 0,
        "dcgan+wgan": 1,
    }
    assert [note.partition(":")[0] for note in board.notes] == ["superseded"]


def test_unpublished_records_are_not_ranked(tmp_path):
    board = board_of(tmp_path, record(), record("dcgan+mine", unpublished=True))
    assert [row.label for row in only_table(board).rows] == ["dcgan+bce"]
    (note,) = board.notes
    assert note.startswith("unpublished: dcgan+mine@digits (1 record)")
    assert note.endswith("not ranked; --unpublished ranks it here")


def test_unpublished_records_are_ranked_on_request(tmp_path):
    board = board_of(tmp_path, record(), record("dcgan+mine", unpublished=True), unpublished=True)
    assert {row.label for row in only_table(board).rows} == {"dcgan+bce", "dcgan+mine"}
    assert board.notes[0].endswith("so others cannot repeat it")


def test_an_empty_board_says_why(tmp_path):
    with pytest.raises(BoardError, match=r"none of the records in .* can be ranked\n  digits: no table for 1 record,"):
        board_of(tmp_path, record(), record("dcgan+mine", unpublished=True), metric="fit")


def test_records_that_lack_the_metric_are_counted(tmp_path):
    board = board_of(tmp_path, record(), record("dcgan+hinge", key=FID.replace("fid", "kid")), metric="fid")
    assert [row.label for row in only_table(board).rows] == ["dcgan+bce"]
    assert board.notes == ["digits: 1 of 2 records without fid are not in its table"]


def test_a_protocol_that_only_early_evaluations_followed_has_no_table(tmp_path):
    extended = record("dcgan+hinge")
    early = FID.replace("n=500", "n=100")
    extended = msgspec.structs.replace(extended, best=extended.best | {early: extended.best[FID]})
    assert [table.key for table in board_of(tmp_path, extended, metric="fid").tables] == [FID]
    with pytest.raises(BoardError, match="none has"):
        board_of(tmp_path, extended, metric=early)


def test_a_metric_that_is_not_defined_is_a_lost_run(tmp_path):
    board = board_of(tmp_path, record(fid=None), record("dcgan+hinge"))
    lost = [(row.label, row.lost) for row in only_table(board).rows]
    assert lost == [("dcgan+hinge", 0), ("dcgan+bce", 1)]


def test_points_rank_by_kl_and_any_metric_can_be_requested(tmp_path):
    path = write_records(
        tmp_path / "r.jsonl", *seeds("mlp+bce", 0.1, 0.2, 0.3, data="ring8"), *seeds("dcgan+bce", 9, 8, 7)
    )
    assert [(t.data, t.metric) for t in build_board([path]).tables] == [("digits", "fid"), ("ring8", "kl")]
    by_modes = build_board([path], BoardOptions(metric="modes@5"))
    assert [(t.metric, t.scale) for t in by_modes.tables] == [("modes@5", Scale("higher", "amount"))] * 2
    by_fid = build_board([path], BoardOptions(metric="fid"))
    assert len(by_fid.tables) == 1
    assert by_fid.notes == [
        "ring8: no table for 3 records, because none has fid; possible: modes@1, modes@5, kl, hq@3sigma"
    ]
    with pytest.raises(BoardError, match=r"none has fid\.floor; possible: fid, modes@1"):
        build_board([path], BoardOptions(metric="fid.floor"))
    assert [t.data for t in build_board([path], BoardOptions(data=["ring8"])).tables] == ["ring8"]
    with pytest.raises(BoardError, match="nearest: ring8"):
        build_board([path], BoardOptions(data=["ring"]))


def test_curves_are_compared_at_equal_budgets(tmp_path):
    long = seeds("dcgan+bce", 5, 5, 5, images=400_000, curve=[50, 40, 30, 20, 18, 16, 14, 12, 8], core_s=400.0)
    short = seeds("dcgan+hinge", 9, 9.1, 9.2, steps=100_000 // 640)
    rows = {row.label: row for row in only_table(board_of(tmp_path, *long, *short, match="images")).rows}
    ended = {row.label: row for row in only_table(board_of(tmp_path, *long, *short)).rows}
    assert ended["dcgan+bce"].summary.median == 5
    assert rows["dcgan+bce"].summary.median == 5 * 40  # the second of ten evaluation points, at 80,000
    assert rows["dcgan+bce"].runs[0].point.images == 80_000
    assert rows["dcgan+bce"].best(FID) == 5 * 40
    assert ended["dcgan+bce"].best(FID) == 5
    assert rows["dcgan+hinge"].summary.median == 9.1
    steps = only_table(board_of(tmp_path, *long[:1], record("dcgan+hinge", 0, 9, steps=1_000), match="steps"))
    assert {row.label: row.runs[0].point.g_moves for row in steps.rows} == {"dcgan+bce": 937.5, "dcgan+hinge": 1_000}
    timed = only_table(board_of(tmp_path, *long, *short, match="core-seconds"))
    assert any("Runs are compared at 100 core-seconds" in note for note in timed.notes)
    assert {row.label: row.runs[0].point.core_s for row in timed.rows} == {"dcgan+bce": 80.0, "dcgan+hinge": 100.0}


def test_a_budget_rounded_up_to_a_whole_round_counts_as_equal(tmp_path):
    a = record("dcgan+bce", images=100_096, settings={"images": 100_000})
    rows = only_table(board_of(tmp_path, a, record("dcgan+hinge"), match="images")).rows
    assert sorted(row.runs[0].point.images for row in rows) == [100_000, 100_096]


def test_a_run_whose_first_evaluation_point_is_beyond_the_budget_has_no_rank(tmp_path):
    long, short = record("dcgan+bce", images=10_000_000), record("dcgan+hinge")
    table = only_table(board_of(tmp_path, long, short, match="images"))
    assert [(row.label, row.rank) for row in table.rows] == [("dcgan+hinge", 1), ("dcgan+bce", None)]


def test_ten_thousand_records_are_quick(tmp_path):
    path = write_records(tmp_path / "r.jsonl", *many(10_000))
    began = time.process_time()
    board = build_board([path])
    assert time.process_time() - began < 15
    assert sum(row.n for table in board.tables for row in table.rows) == 10_000
