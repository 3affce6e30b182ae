"""The board of `benchmarks/results/board` is the recorded one, recorded again where rules or rows changed on purpose.

Nothing is ignored: the command gives the same bytes each time. To record it anew, in the root of a checkout:

    python -m ganzoo board benchmarks/results/board --format json > board.json
    python -m ganzoo board benchmarks/results/board --format markdown > board.md
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RECORDED = Path(__file__).with_name("recorded")
RECORDS = Path("benchmarks", "results", "board")


def board(form):
    command = [sys.executable, "-m", "ganzoo", "board", str(RECORDS), "--format", form]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=300, check=True
    )
    assert done.stderr == ""
    return done.stdout


def ranking(table):
    return [(row["rank"], row["combination"], row["recipe_id"]) for row in table["rows"]]


@pytest.fixture(scope="module")
def both():
    return json.loads(board("json")), json.loads((RECORDED / "board.json").read_text())


def test_there_are_the_same_tables(both):
    now, then = ([(t["data"], t["revision"], t["key"], t["better"]) for t in side["tables"]] for side in both)
    assert now == then
    assert len(then) == 4


def test_ranks_and_order_are_the_same(both):
    now, then = ([ranking(table) for table in side["tables"]] for side in both)
    assert now == then
    assert all(then)


def test_values_are_the_same_to_the_last_digit(both):
    now, then = ([row for table in side["tables"] for row in table["rows"]] for side in both)
    for row, before in zip(now, then, strict=True):
        assert row == before


def test_notes_and_all_the_rest_are_the_same(both):
    now, then = both
    assert now["notes"] == then["notes"]
    assert [table["notes"] for table in now["tables"]] == [table["notes"] for table in then["tables"]]
    assert now == then


def test_the_page_in_markdown_is_the_same():
    assert board("markdown") == (RECORDED / "board.md").read_text()
