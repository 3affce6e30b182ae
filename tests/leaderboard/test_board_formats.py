"""The board as text, as files for machines, and as a site."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from helpers.fake_records import FID, JUDGE, failed, record, run_board, seeds, write_records

from ganzoo.leaderboard.board import build_board
from ganzoo.leaderboard.html.site import TEMPLATES, first_page, write_site
from ganzoo.leaderboard.published import published_tables
from ganzoo.leaderboard.record_files import read_records
from ganzoo.runs.records import Result
from ganzoo.support.errors import BoardError


@pytest.fixture
def some(tmp_path):
    return write_records(
        tmp_path / "some.jsonl",
        *seeds("dcgan+bce", 10, 11, 12),
        *seeds("dcgan+hinge", 20, 21, 22),
        *seeds("mlp+bce", 0.1, 0.2, 0.3, data="ring8"),
        failed("mlp+wgan"),
    )


def test_csv_and_json_have_the_numbers(some):
    rows = list(csv.DictReader(io.StringIO(run_board(some, "--format", "csv").stdout)))
    assert [(row["combination"], row["rank"]) for row in rows] == [
        ("dcgan+bce", "1"), ("dcgan+hinge", "2"), ("mlp+wgan", ""), ("mlp+bce", "1")
    ]  # fmt: skip
    assert float(rows[0]["fid.median"]) == 11
    board = json.loads(run_board(some, "--format", "json").stdout)
    assert board["schema"] == "ganzoo.board/1"
    assert board["tables"][0]["key"] == FID
    row = board["tables"][0]["rows"][2]
    assert (row["runs"], row["diverged"], row["failed"], row["fid"]["median"]) == (1, 1, 0, None)
    assert board["tables"][0]["rows"][0]["g_moves"] == 100_000 // 128


def test_remarks_say_what_a_tie_is_and_how_it_was_tested(tmp_path):
    quiet = [
        record
        for i, loss in enumerate(("bce", "hinge", "lsgan"))
        for record in seeds(f"mlp+{loss}", 10 + i, 10.2, 10.1)
    ]
    noisy = seeds("mlp+wgan", 5, 90, 30)
    lost = [*seeds("mlp+ragan", 10, 10.2), failed("mlp+ragan", 2), failed("mlp+rpgan", status="failed")]
    some = [*quiet, *noisy, *lost]
    text = run_board(write_records(tmp_path / "r.jsonl", *some), "--format", "markdown").stdout
    assert "Two combinations whose means are closer than a factor of" in text
    assert "mlp+wgan: its seeds scatter much more than those of the others" in text
    assert (
        "A lost seed, one that diverged or collapsed, counts in each comparison as the worst score of the two" in text
    )
    assert "Runs that failed for another reason than their training are not counted." in text
    assert "| 3 (1 diverged) |" in text
    assert "| 0 (1 failed, not counted) |" in text


def test_spreads_that_differ_are_told(tmp_path):
    tight = [*seeds("mlp+bce", 10, 10.001, 10.002), *seeds("mlp+hinge", 11, 11.001, 11.002)]
    wide = [*seeds("mlp+lsgan", 5, 20, 60), *seeds("mlp+minimax", 6, 19, 70)]
    text = run_board(write_records(tmp_path / "two.jsonl", *tight, *wide), "--format", "markdown").stdout
    assert "Spreads differ between combinations (Bartlett's test)" in text
    assert "scatter much more" not in text
    for some in (tight[:3], tight):  # beside one and beside two
        text = run_board(write_records(tmp_path / "one.jsonl", *some, *wide[:3]), "--format", "markdown").stdout
        assert "Spreads differ" not in text
        assert "mlp+lsgan: its seeds scatter much more than those of the others" in text


def test_markdown_is_a_table(some):
    text = run_board(some, "--format", "markdown").stdout
    assert text.startswith("## digits by FID [digits-judge-v1@")
    assert "| 1 | dcgan+bce | 11 (10 to 12) |" in text
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("| ")]
    assert all(len({re.sub(r"\\\|", "", line).count("|") for line in table}) == 1 for table in tables)
    assert "Published figures: cited, and not comparable" in text


def test_the_terminal_shows_published_figures_apart(some):
    text = run_board(some, "--data", "ring8").stdout
    assert text.index("ring8 by KL") < text.index("Published, not comparable with the above: Ring of 8 (PacGAN)")
    assert "7.8±0.1" in text
    assert "Published" not in run_board(some, "--data", "digits").stdout


def test_the_schema_is_that_of_a_record():
    schema = json.loads(run_board("--schema").stdout)
    assert set(schema["$defs"]["Result"]["properties"]) == {f.name for f in msgspec.structs.fields(Result)}


def test_published_figures_are_cited():
    tables = published_tables()
    assert len(tables) >= 10
    assert all(table.citation and table.protocol and table.datasets for table in tables)
    (ring,) = [table for table in tables if table.title == "Ring of 8 (PacGAN)"]
    assert {row.method: row.values for row in ring.rows}["PacGAN4"] == ["7.8±0.1", "95.9±1.4", "0.07±0.02"]


# ---------------------------------------------------------------- pages


def test_a_site_is_written_and_written_again(tmp_path, some):
    out = tmp_path / "out"
    assert run_board(some, "--html", out).stdout == f"5 pages; open {out / 'index.html'}\n"
    (out / "combinations" / "old.html").write_text("")
    assert write_site(build_board([some]), out) == 5
    names = sorted(path.name for path in out.rglob("*") if path.is_file())
    assert len(names) == 5 + 4 + 2
    assert "old.html" not in names
    assert json.loads((out / "board.json").read_text())["schema"] == "ganzoo.board/1"
    for path in (out / "records").iterdir():
        assert read_records([path]).unread == []


def test_a_folder_of_something_else_is_left_alone(tmp_path, some):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("mine")
    with pytest.raises(BoardError, match="something else than a board"):
        write_site(build_board([some]), tmp_path / "mine")
    assert (tmp_path / "mine" / "index.html").read_text() == "mine"


def test_texts_of_records_are_escaped(tmp_path):
    evil = '<script>alert("x")</script>'
    hostile = record("dcgan+bce", settings={"lr": evil}, message=evil, recipe_id="../../x", run_id="../../x-s0")
    write_site(build_board([write_records(tmp_path / "r.jsonl", hostile, record("dcgan+bce"))]), tmp_path / "out")
    for path in (tmp_path / "out").rglob("*.html"):
        assert "<script>alert" not in path.read_text()
    assert {path.parent.name for path in (tmp_path / "out").rglob("*.html")} == {"out", "combinations"}


def test_the_page_of_a_combination_has_one_table_of_scores(tmp_path, some):
    write_site(build_board([some]), tmp_path / "out")
    pages = {path: path.read_text() for path in (tmp_path / "out" / "combinations").iterdir()}
    (page,) = (text for text in pages.values() if '<h1 class="spec">dcgan<wbr>+bce</h1>' in text)
    scores = page.partition("Scores of the last checkpoint")[2].partition("</section>")[0]
    titles = ("score", "seed 0", "seed 1", "seed 2", "floor", "memoriser", "better")
    assert re.findall(r'<th scope="col">(.*?)</th>', scores) == list(titles)
    assert scores.count(JUDGE) == 1
    fid = re.split(r'<th scope="row">\s*fid</th>', scores)[1].partition("</tr>")[0]
    assert re.findall(r"<td>(.*?)</td>", fid) == ["10 ± 0.5", "11 ± 0.5", "12 ± 0.5", "2.7", "", "lower"]
    assert "[" not in scores
    (failed_page,) = (text for text in pages.values() if '<h1 class="spec">mlp<wbr>+wgan</h1>' in text)
    assert "Scores of the last checkpoint" not in failed_page


def test_pages_have_no_local_paths(tmp_path, some):
    write_site(build_board([some]), tmp_path / "out")
    for path in (tmp_path / "out").rglob("*"):
        assert path.is_dir() or str(tmp_path) not in path.read_text()


def test_only_names_of_files_lose_their_folders(monkeypatch, some):
    """A record below / whose folder was cut from the page's text and scripts, as "//"."""
    board = build_board([some])
    assert board.without_folders(f"{some}:3: no; ({some.name})") == f"{some.name}:3: no; ({some.name})"
    assert board.without_folders(f"/mnt{some}:3") == f"/mnt{some}:3"
    board.paths = [Path("/some.jsonl")]
    assert board.without_folders("https://example.org, /some.jsonl:3 // x") == "https://example.org, /some.jsonl:3 // x"
    page = first_page(board, linked=False)
    assert page == first_page(build_board([some]), linked=False)
    assert (TEMPLATES / "board.js").read_text() in page


def test_pages_are_written_whatever_the_locale_and_the_names_of_files(tmp_path, some):
    odd = tmp_path / os.fsdecode(b"\xff\xfe.jsonl")
    os.rename(some, odd)
    with open(odd, "a") as file:
        file.write("no record\n")
    command = [sys.executable, "-X", "utf8=0", "-m", "ganzoo", "board", odd, "--html", tmp_path / "out"]
    ascii_only = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=ascii_only, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert r"\xff\xfe.jsonl:11: not a JSON object" in done.stderr
    for name in ("index.html", "board.json"):
        assert "xfe.jsonl" in (tmp_path / "out" / name).read_text("utf-8")


def test_a_single_page_links_to_no_other_file(some):
    page = run_board(some, "--format", "html").stdout
    assert page.startswith("<!doctype html>")
    assert 'href="combinations/' not in page
    assert "dcgan+bce" in page
