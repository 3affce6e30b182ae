"""Runs on the board, and the verification of records."""

import shlex
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
import torch
from helpers.fake_records import failed, lines, record, run_board, write_records

import ganzoo
from ganzoo.leaderboard import verify as verify_module
from ganzoo.leaderboard.agreement import machine_kind
from ganzoo.leaderboard.board import BoardOptions, build_board
from ganzoo.leaderboard.html.combination_page import training_command
from ganzoo.leaderboard.html.site import write_site
from ganzoo.leaderboard.merge import merge_records
from ganzoo.leaderboard.record_files import Verification, read_records, record_digest, verified_level
from ganzoo.leaderboard.scale import Scale
from ganzoo.leaderboard.verify import verify_records
from ganzoo.recipes.recipe import resolve
from ganzoo.recipes.spec import parse
from ganzoo.runs.records import PartRecord
from ganzoo.runs.train import train
from ganzoo.support.errors import BoardError
from ganzoo.training.sampling import evaluation_labels

COMMITTED = sorted((Path(__file__).parents[2] / "benchmarks" / "results" / "board").glob("*.jsonl"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three seeds of a tiny run."""
    folder = tmp_path_factory.mktemp("runs")
    return [ganzoo.run("mlp+bce@ring8", images=2_560, seed=s, out=folder / "mlp" / str(s)).path for s in range(3)]


def test_run_directories_are_ranked(runs, tmp_path):
    board = build_board([runs[0].parent])
    (row,) = board.tables[0].rows
    assert (row.n, row.parameters is not None) == (3, True)
    assert board.tables[0].scale == Scale("lower", "log")
    assert {best.scale for run in board.tables[0].rows[0].runs for best in run.record.best.values()} == {
        "amount",
        "log",
        "share",
    }
    write_site(board, tmp_path / "out")
    assert len(list((tmp_path / "out" / "samples").iterdir())) == 3


def test_the_command_of_a_page_trains_the_same_recipe(runs):
    record = ganzoo.load(runs[1]).result
    words = shlex.split(training_command(record).replace("\\\n", ""))
    assert words.pop(0) == "OMP_NUM_THREADS=1"
    assert words[:2] == ["ganzoo", "run"]
    assert parse(words[2]).parts[0].options.keys() == record.components[0].params.keys()
    assert resolve(words[2]).spec == record.spec
    options = dict(zip(words[3::2], words[4::2], strict=True)) | {"-s": None}
    assert (options["--seed"], options["--images"]) == ("1", "2560")
    settings = dict(word.split("=") for before, word in pairwise(words) if before == "-s")
    assert resolve(words[2], None, settings | {"images": options["--images"]}).id == record.recipe_id


def test_the_command_of_a_page_states_options_that_were_not_recommended_when_it_was_trained(runs):
    """Digits recommend `gp:weight=3` since later; a record from before has 10, which its spec leaves out."""
    record = ganzoo.load(runs[1]).result
    loss = PartRecord(kind="loss", name="wgan", version=1, params={})
    penalty = PartRecord(kind="regularizer", name="gp", version=1, params={"weight": 10.0})
    parts = [record.components[0], loss, penalty, record.components[-1]]
    record = msgspec.structs.replace(record, spec="mlp+wgan+gp@digits", components=parts)
    words = shlex.split(training_command(record).replace("\\\n", ""))
    assert "+wgan+gp:weight=10@digits" in words[3]
    assert resolve("mlp+wgan+gp@digits").parts[2].params["weight"] == 3
    assert resolve(words[3]).parts[2].params["weight"] == 10


def test_recomputed_and_rerun(runs):
    ((verification, file),) = verify_records(runs[0], "recomputed", by="tests")
    assert (verification.agrees, verification.level) == (True, "recomputed")
    assert max(verification.difference.values()) < 1e-6
    assert verification.by.startswith("tests, ganzoo-core ")
    assert file == runs[0] / "verification.jsonl"
    assert build_board([runs[0]]).cells[0].level == "recomputed"
    done = run_board("verify", runs[0], "--level", "rerun")
    assert (done.exit_code, "agrees: the same numbers" in done.stdout) == (0, True)
    assert build_board([runs[0]]).cells[0].level == "rerun"
    with pytest.raises(BoardError, match="not verified as rerun"):
        build_board([runs[1]], BoardOptions(min_level="rerun"))
    assert "rerun" in run_board(runs[0], "--min-level", "rerun").stdout


def test_a_rerun_is_made_with_the_engine_of_the_record(runs, tmp_path, monkeypatch):
    record = ganzoo.load(runs[0]).result
    compiled = msgspec.structs.replace(record, env=msgspec.structs.replace(record.env, mode="compile"))
    path, engines, run = write_records(tmp_path / "compiled.jsonl", compiled), [], verify_module.train
    monkeypatch.setattr(verify_module, "train", lambda *a, engine, **k: engines.append(engine) or run(*a, **k))
    assert list(verify_records(path, "rerun", beside=[runs[0].parent]))
    assert engines == ["compile"]
    assert machine_kind(compiled.env) != machine_kind(record.env)


def test_classes_are_requested_again_where_scores_depend_on_them(tmp_path, monkeypatch):
    run = ganzoo.run("mlp:width=8+bce+cgan@ring8", steps=10, out=tmp_path / "run", device="cpu")
    requested, apply_metrics = [], verify_module.apply_metrics
    monkeypatch.setattr(
        verify_module, "apply_metrics", lambda e, metrics: requested.append(e.y) or apply_metrics(e, metrics)
    )
    ((verification, _),) = verify_records(run.path, "recomputed")
    assert verification.agrees
    assert torch.equal(requested[0], evaluation_labels(run.data, run.classes))


def test_a_record_is_rerun_as_it_was_made_whatever_its_data_recommends_now(tmp_path):
    """Digits recommend g_refine=true today, and a canonical spec that does not state it means false."""
    spec, settings = "dcgan:width=2+bce@digits", {"images": 640, "batch": 16}
    recipe = resolve(spec, None, settings, canonical=True)
    assert recipe.spec == spec
    assert resolve(spec, None, settings).id != recipe.id
    run = train(recipe, out=tmp_path / "run", device="cpu")
    ((verification, _),) = verify_records(run.path, "rerun")
    assert verification.agrees


def test_a_false_record_is_detected(runs, tmp_path):
    record = ganzoo.load(runs[2]).result
    better = {key: v * 0.5 if key.startswith("kl[") else v for key, v in record.metrics.items()}
    curve = [*record.curve[:-1], msgspec.structs.replace(record.curve[-1], metrics=better)]
    path = write_records(tmp_path / "claims.jsonl", msgspec.structs.replace(record, metrics=better, curve=curve))
    before = path.read_bytes()
    done = run_board("verify", path, "--level", "rerun", "--beside", runs[2].parent)
    assert done.exit_code == 1
    assert "DOES NOT AGREE" in done.stdout
    assert path.read_bytes().startswith(before)
    (line,) = read_records([path]).verifications
    assert not line.agrees
    board = build_board([path])
    assert board.cells[0].level == "reported"
    assert any("does not agree" in note for note in board.notes)


def test_errors_say_why_a_record_cannot_be_verified(runs, tmp_path):
    cases = {
        "has no record of x-s1": (runs[0], "recomputed", "x-s1"),
        "give its run directory": (write_records(tmp_path / "a.jsonl", record()), "recomputed", None),
        "is failed": (write_records(tmp_path / "b.jsonl", failed(status="failed")), "rerun", None),
    }
    for message, (path, level, run_id) in cases.items():
        with pytest.raises(ganzoo.RunError, match=message):
            list(verify_records(path, level, run_id))
    other = msgspec.structs.replace(ganzoo.load(runs[0]).result, recipe_id="a" * 12, run_id="a" * 12 + "-s0")
    with pytest.raises(ganzoo.RunError, match="another version"):
        list(verify_records(write_records(tmp_path / "c.jsonl", other), "rerun"))


def test_levels():
    def line(level, agrees=True):
        return Verification(record="", run_id="", level=level, agrees=agrees, by="", when="", difference={}, note="")

    assert verified_level([]) == "reported"
    assert verified_level([line("recomputed"), line("rerun")]) == "rerun"
    assert verified_level([line("rerun"), line("recomputed", agrees=False)]) == "reported"
    raw = lines([record()])
    assert (
        record_digest(raw)
        == record_digest(msgspec.json.format(raw, indent=3))
        != record_digest(lines([record(fid=9.0)]))
    )


@pytest.mark.skipif(not COMMITTED, reason="no records are committed in benchmarks/results/board yet")
def test_committed_records_hold():
    files = read_records(COMMITTED)
    assert [str(line) for line in files.unread] == []
    cells = merge_records(files)
    assert [stored.source for cell in cells for stored, _ in cell.conflicts] == []
    assert [cell.stored.source for cell in cells if cell.copies] == []
    digests = {record_digest(stored.raw) for stored in files.records}
    assert [v.run_id for v in files.verifications if v.record not in digests] == []
