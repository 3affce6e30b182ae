"""What a run writes, on the board; and whether records hold."""

import shlex
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from helpers.fake_records import failed, lines, record, run_board, written

import ganzoo
from ganzoo.leaderboard import verify as verify_module
from ganzoo.leaderboard.agreement import kind_of_machine
from ganzoo.leaderboard.board import Options, build
from ganzoo.leaderboard.html.combination import command
from ganzoo.leaderboard.html.site import write_site
from ganzoo.leaderboard.merge import merge
from ganzoo.leaderboard.read import read
from ganzoo.leaderboard.verification import Verification, digest, level_of
from ganzoo.leaderboard.verify import verify
from ganzoo.recipes.recipe import resolve
from ganzoo.support.errors import BoardError

COMMITTED = sorted((Path(__file__).parents[2] / "benchmarks" / "results" / "board").glob("*.jsonl"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three seeds of a tiny run."""
    folder = tmp_path_factory.mktemp("runs")
    return [ganzoo.run("mlp+bce@ring8", images=2_560, seed=s, out=folder / "mlp" / str(s)).path for s in range(3)]


def test_runs_are_read_as_they_are(runs, tmp_path):
    found = build([runs[0].parent])
    (row,) = found.tables[0].rows
    assert (row.n, row.parameters is not None) == (3, True)
    assert found.tables[0].better == "lower"
    write_site(found, tmp_path / "out")
    assert len(list((tmp_path / "out" / "samples").iterdir())) == 3


def test_the_command_of_a_page_trains_the_same_recipe(runs):
    record = ganzoo.load(runs[1]).result
    words = shlex.split(command(record).replace("\\\n", ""))
    assert words.pop(0) == "OMP_NUM_THREADS=1"
    assert words[:3] == ["ganzoo", "run", record.spec]
    said = dict(zip(words[3::2], words[4::2], strict=True)) | {"-s": None}
    assert (said["--seed"], said["--images"]) == ("1", "2560")
    settings = dict(word.split("=") for before, word in pairwise(words) if before == "-s")
    assert resolve(words[2], None, settings | {"images": said["--images"]}).id == record.recipe_id


def test_recomputed_and_rerun(runs):
    (found, place), *more = verify(runs[0], "recomputed", by="tests")
    assert (found.agrees, found.level, more) == (True, "recomputed", [])
    assert max(found.difference.values()) < 1e-6
    assert found.by.startswith("tests, ganzoo-core ")
    assert place == runs[0] / "verification.jsonl"
    assert build([runs[0]]).cells[0].level == "recomputed"
    done = run_board("verify", runs[0], "--level", "rerun")
    assert (done.exit_code, "agrees: the same numbers" in done.stdout) == (0, True)
    assert build([runs[0]]).cells[0].level == "rerun"
    with pytest.raises(BoardError, match="not verified as rerun"):
        build([runs[1]], Options(min_level="rerun"))
    assert "rerun" in run_board(runs[0], "--min-level", "rerun").stdout


def test_a_rerun_is_made_with_the_engine_of_the_record(runs, tmp_path, monkeypatch):
    record = ganzoo.load(runs[0]).result
    made = msgspec.structs.replace(record, env=msgspec.structs.replace(record.env, mode="compile"))
    path, asked, run = written(tmp_path / "compiled.jsonl", made), [], verify_module.run_recipe
    monkeypatch.setattr(verify_module, "run_recipe", lambda *a, engine, **k: asked.append(engine) or run(*a, **k))
    assert list(verify(path, "rerun", beside=[runs[0].parent]))
    assert asked == ["compile"]
    assert kind_of_machine(made.env) != kind_of_machine(record.env)


def test_a_record_that_does_not_hold_is_found_out(runs, tmp_path):
    record = ganzoo.load(runs[2]).result
    better = {key: v * 0.5 if key.startswith("kl[") else v for key, v in record.metrics.items()}
    curve = [*record.curve[:-1], msgspec.structs.replace(record.curve[-1], metrics=better)]
    path = written(tmp_path / "claims.jsonl", msgspec.structs.replace(record, metrics=better, curve=curve))
    before = path.read_bytes()
    done = run_board("verify", path, "--level", "rerun", "--beside", runs[2].parent)
    assert done.exit_code == 1
    assert "DOES NOT AGREE" in done.stdout
    assert path.read_bytes().startswith(before)
    (line,) = read([path]).verifications
    assert not line.agrees
    found = build([path])
    assert found.cells[0].level == "reported"
    assert any("does not agree" in note for note in found.notes)


def test_what_cannot_be_verified_is_said(runs, tmp_path):
    cases = {
        "has no record of x-s1": (runs[0], "recomputed", "x-s1"),
        "give its run directory": (written(tmp_path / "a.jsonl", record()), "recomputed", None),
        "is failed": (written(tmp_path / "b.jsonl", failed(status="failed")), "rerun", None),
    }
    for said, (path, level, run_id) in cases.items():
        with pytest.raises(ganzoo.RunError, match=said):
            list(verify(path, level, run_id))
    other = msgspec.structs.replace(ganzoo.load(runs[0]).result, recipe_id="a" * 12, run_id="a" * 12 + "-s0")
    with pytest.raises(ganzoo.RunError, match="another version"):
        list(verify(written(tmp_path / "c.jsonl", other), "rerun"))


def test_levels():
    def line(level, agrees=True):
        return Verification(record="", run_id="", level=level, agrees=agrees, by="", when="", difference={}, note="")

    assert level_of([]) == "reported"
    assert level_of([line("recomputed"), line("rerun")]) == "rerun"
    assert level_of([line("rerun"), line("recomputed", agrees=False)]) == "reported"
    raw = lines([record()])
    assert digest(raw) == digest(msgspec.json.format(raw, indent=3)) != digest(lines([record(fid=9.0)]))


@pytest.mark.skipif(not COMMITTED, reason="no records are committed in benchmarks/results/board yet")
def test_committed_records_hold():
    reading = read(COMMITTED)
    assert [str(problem) for problem in reading.problems] == []
    cells = merge(reading.entries)
    assert [entry.source for cell in cells for entry, _ in cell.conflicts] == []
    assert [cell.entry.source for cell in cells if cell.copies] == []
    known = {digest(entry.raw) for entry in reading.entries}
    assert [v.run_id for v in reading.verifications if v.record not in known] == []
