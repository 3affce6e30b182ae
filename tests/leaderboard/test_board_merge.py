"""Reading records, and putting those of several machines together."""

import json
import os

import msgspec
import pytest
from helpers.fake_records import ENV, board_of, failed, lines, only_table, record, run_board, seeds, write_records

from ganzoo.leaderboard.html.site import first_page
from ganzoo.leaderboard.merge import merge_records
from ganzoo.leaderboard.record_files import contradictions_in, read_records
from ganzoo.support.errors import BoardError

# ---------------------------------------------------------------- reading


def test_malformed_lines_are_named(tmp_path):
    good = lines([record()])
    wrong = json.loads(good) | {"seed": "x"}
    contradictory = json.loads(good) | {"run_id": "abc-s9"}
    bare = json.loads(good) | {"metrics": {"fid": 3.0}}
    parts = [good, b"not json\n", b'{"schema": "other/1"}\n', b"\n", b'{"spec": 1}\n', b'{"spec": 2}\n']
    parts += [json.dumps(x).encode() + b"\n" for x in (wrong, contradictory, bare)]
    (tmp_path / "r.jsonl").write_bytes(b"".join(parts))
    files = read_records([tmp_path / "r.jsonl"])
    assert len(files.records) == 1
    unread = [str(line).partition("r.jsonl:")[2] for line in files.unread]
    assert [text.partition(":")[0] for text in unread] == ["2", "3", "5-6", "7", "8", "9"]
    for text, reason in zip(
        unread,
        ("not a JSON object", "'other/1'", "no schema", "seed", "run_id is 'abc-s9'", "metrics are not those of"),
        strict=True,
    ):
        assert reason in text
    done = run_board(tmp_path / "r.jsonl")
    assert done.exit_code == 0
    assert "Not read: " in done.stderr
    assert "r.jsonl:5-6: not a record" in done.stderr


def test_a_key_without_a_protocol_is_refused():
    assert list(contradictions_in(record())) == []
    bare = msgspec.structs.replace(failed(), metrics={"fid": 3.0})
    assert any("protocol" in flaw for flaw in contradictions_in(bare))


def test_folders_have_runs_and_files(tmp_path):
    a, b = record("dcgan+bce"), record("dcgan+hinge")
    (tmp_path / "runs" / "x").mkdir(parents=True)
    (tmp_path / "runs" / "x" / "result.json").write_bytes(msgspec.json.format(msgspec.json.encode(a), indent=1))
    (tmp_path / "runs" / "x" / "log.jsonl").write_text('{"images": 5}\n')
    write_records(tmp_path / "runs" / "more.jsonl", b)
    files = read_records([tmp_path / "runs"])
    assert {stored.record.spec for stored in files.records} == {a.spec, b.spec}
    assert [stored.folder.name for stored in files.records if stored.folder] == ["x"]
    assert files.unread == []
    assert len(read_records([tmp_path / "runs", tmp_path / "runs" / "more.jsonl"]).records) == 2


def test_links_are_followed_and_what_cannot_be_read_is_said(tmp_path):
    write_records(tmp_path / "elsewhere" / "more.jsonl", record("dcgan+hinge"))
    (tmp_path / "elsewhere" / "x").mkdir()
    (tmp_path / "elsewhere" / "x" / "result.json").write_bytes(msgspec.json.encode(record("dcgan+bce")))
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "runs")
    files = read_records([tmp_path / "runs"])
    assert (len(files.records), files.unread) == (2, [])
    (tmp_path / "runs" / "gone.jsonl").symlink_to(tmp_path / "gone")
    (tmp_path / "runs" / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "runs" / "pipe.jsonl")
    files = read_records([tmp_path / "runs"])
    assert len(files.records) == 2
    assert [str(line).removeprefix(f"{tmp_path}/") for line in files.unread] == [
        "runs/loop: cannot be read (Too many levels of symbolic links)",
        "runs/gone.jsonl: cannot be read (No such file or directory)",
        "runs/pipe.jsonl: cannot be read (it is no ordinary file)",
    ]


def test_a_missing_path_is_an_error(tmp_path):
    with pytest.raises(BoardError, match="does not exist"):
        read_records([tmp_path / "no"])
    assert run_board(tmp_path / "no").exit_code == 2
    done = run_board(tmp_path)
    assert (done.exit_code, "nothing to rank" in done.output) == (2, True)


# ---------------------------------------------------------------- merging


def merged(tmp_path, *records):
    return merge_records(read_records([write_records(tmp_path / f"{i}.jsonl", r) for i, r in enumerate(records)]))


def test_the_same_record_twice_is_a_copy(tmp_path):
    (cell,) = merged(tmp_path, record(), record())
    assert (cell.copies, cell.replications, cell.conflicts) == (1, [], [])


def test_the_same_numbers_again_are_a_replication(tmp_path):
    (cell,) = merged(tmp_path, record(), record(created="2026-12-01T00:00:00+00:00"))
    assert (cell.copies, len(cell.replications), cell.conflicts) == (0, 1, [])
    assert cell.record.created.startswith("2026-11")


OTHER = msgspec.structs.replace(ENV, device="cpu (arm64)")
LATER = {"created": "2026-12-01T00:00:00+00:00", "env": OTHER}


@pytest.mark.parametrize(("again", "agrees"), [(10.6, True), (20.0, False)])
def test_another_machine_agrees_where_seeds_predict_it(tmp_path, again, agrees):
    cells = merged(tmp_path, *seeds("dcgan+bce", 10, 10.5, 9.8), record("dcgan+bce", 0, again, **LATER))
    assert len(cells) == 3
    cell = cells[0]
    assert (len(cell.replications), len(cell.conflicts)) == (agrees, not agrees)
    ((_, why),) = cell.replications or cell.conflicts
    assert ("inside" if agrees else "outside") in why
    assert "another kind of machine" in why


def test_a_conflict_is_shown_and_counts_once(tmp_path):
    board = board_of(tmp_path, *seeds("dcgan+bce", 10, 10.5, 9.8), record("dcgan+bce", 0, 99.0, **LATER))
    (note,) = board.notes
    assert note.startswith("CONFLICT: dcgan+bce@digits seed 0")
    assert only_table(board).rows[0].n == 3
    assert only_table(board).rows[0].summary.high == 10.5
    assert "CONFLICT" in first_page(board, linked=False)
    assert "CONFLICT" in "\n".join(run_board(tmp_path / "r.jsonl").stdout.splitlines()[-3:])


def test_the_same_kind_of_machine_gives_the_same_bits(tmp_path):
    (cell, *_) = merged(
        tmp_path, *seeds("dcgan+bce", 10, 10.5, 9.8), record("dcgan+bce", 0, 10.001, created=LATER["created"])
    )
    assert "repeats bit for bit" in cell.conflicts[0][1]


def test_one_seed_cannot_say_whether_it_is_chance(tmp_path):
    (cell,) = merged(tmp_path, record(), record(fid=10.1, **LATER))
    assert "two seeds" in cell.conflicts[0][1]


def test_an_attempt_that_was_run_again_is_noted(tmp_path):
    late = {"created": "2026-12-01T00:00:00+00:00"}
    board = board_of(tmp_path, failed(status="failed"), record(**late), failed("dcgan+hinge", status="interrupted"))
    assert [note.partition(":")[0] for note in board.notes] == ["superseded"]
    rows = {row.label: row for row in only_table(board).rows}
    assert rows["dcgan+bce"].count("sound") == 1
    assert (rows["dcgan+hinge"].n, rows["dcgan+hinge"].rank) == (0, None)
    assert "1 not counted" in run_board(tmp_path / "r.jsonl").stdout


def test_other_budgets_and_other_data_are_other_combinations(tmp_path):
    board = board_of(tmp_path, record(), record(images=200_000))
    assert [row.label for row in only_table(board).rows] == ["dcgan+bce (100k images)", "dcgan+bce (200k images)"]
    assert any("Budgets differ, from 100k to 200k" in note for note in only_table(board).notes)
    other = msgspec.structs.replace(record().dataset, revision="000000000000")
    assert len(board_of(tmp_path, record(), record(dataset=other)).tables) == 2


def test_settings_tell_rows_apart(tmp_path):
    board = board_of(
        tmp_path,
        record(fid=1),
        record(fid=2, settings={"lr": 1e-3}),
        record(fid=3, recipe_id="a" * 12, run_id="a" * 12 + "-s0"),
    )
    assert [row.label for row in only_table(board).rows] == [
        f"dcgan+bce (lr=0.0002, {record().recipe_id[:6]})",
        f"dcgan+bce (lr=0.001, {record(settings={'lr': 1e-3}).recipe_id[:6]})",
        "dcgan+bce (lr=0.0002, aaaaaa)",
    ]
