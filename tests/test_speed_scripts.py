"""What is measured only now and then must still run: what measures a GPU is tried without one."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.stand_ins import idx_files

SPEED = Path(__file__).parents[1] / "benchmarks" / "speed"


@pytest.fixture
def speed(monkeypatch):
    """Its modules can be imported."""
    monkeypatch.syspath_prepend(SPEED)


@pytest.fixture
def findings(speed, tmp_path):
    from findings import Findings

    return Findings(tmp_path, "cpu")


def test_a_part_tells_what_it_finds_at_once(findings):
    import measure

    assert measure.play(findings, "machine", 10)
    (row,) = findings.rows()
    assert (row["part"], row["device"], row["note"]) == ("machine", "cpu", "tried on a CPU: no measurement")
    assert row["torch"]


def test_data_that_is_not_there_is_a_row_and_is_not_downloaded(findings, monkeypatch, tmp_path):
    import measure

    monkeypatch.setenv("GANZOO_DATA", str(tmp_path))
    assert measure.play(findings, "stacked:bce", 10)
    (row,) = findings.rows()
    assert row["spec"] == "dcgan:width=64+bce"
    assert "MNIST" in row["missing"]


def test_a_part_that_fails_is_a_row_with_all_causes(findings):
    import measure

    assert not measure.play(findings, "equal:NoSuchLoss", 10)
    (row,) = findings.rows()
    assert row["part"] == "equal:NoSuchLoss"
    assert "has no attribute 'NoSuchLoss'" in row["failed"][0]

    with findings.trying("capture", case="one"):
        try:
            raise ValueError("on another device")
        finally:
            raise RuntimeError("capture was invalidated")
    row = findings.rows()[-1]
    assert row["case"] == "one"
    assert row["failed"] == ["RuntimeError: capture was invalidated", "ValueError: on another device"]


@pytest.mark.parametrize(
    ("does", "ended"),
    [
        ("import time; time.sleep(60)", "did not end within its limit"),
        ("import os; os.abort()", "SIGABRT"),
        ("print('no such library'); raise SystemExit(3)", "exit code 3"),
    ],
)
def test_a_part_that_hangs_or_dies_is_a_row_and_hurts_no_other(does, ended, findings, monkeypatch):
    import measure

    def start(findings, part, limit):
        with open(measure.log_of(findings, part), "wb") as log:
            code = does if part == "ill" else "print('well')"
            return subprocess.Popen([sys.executable, "-c", code], stdout=log, stderr=log, process_group=0)

    monkeypatch.setattr(measure, "start", start)
    began = time.monotonic()
    measure.side_by_side(findings, ["ill", "well"], 5.0)
    assert time.monotonic() - began < 30
    ill, well = findings.rows()
    assert (ill["of"], ill["ended"]) == ("ill", ended)
    assert (well["of"], well["ended"]) == ("well", "done")
    assert ended != "exit code 3" or "no such library" in ill["said"]


def test_what_there_is_no_time_for_is_left_out(findings, monkeypatch):
    import measure

    monkeypatch.setattr(measure, "side_by_side", lambda findings, parts, limit: given.append((parts, limit)))
    given = []
    measure.carry_out(findings, 30, [(10, ["one"]), (60, ["two"])])
    assert given[0] == (["one"], 10)
    assert given[1][0] == ["two"]
    assert 20 < given[1][1] <= 30 - measure.MARGIN
    findings.began -= 25
    measure.carry_out(findings, 30, [(10, ["three"])])
    assert {"skipped": ["three"], "why": "no time is left"}.items() <= findings.rows()[-2].items()


def test_plans_have_the_parts_that_there_are(speed):
    import measure
    import measure_parts
    import measure_speed

    for seconds, stages in measure.PLANS.values():
        assert seconds <= 480
        for _, parts in stages:
            for part in parts:
                name, _, given = part.partition(":")
                assert hasattr(measure_speed if name in measure.SPEED else measure_parts, name)
                assert name != "speed" or given in measure_speed.CASES
                assert name != "stacked" or given in measure_parts.RECIPES


def test_the_table_puts_targets_beside_rows(speed):
    from measure_table import table

    def ratio(case, ours, other, value):
        return {"part": "ratio", "case": case, "ours": ours, "other": other, "ratio": value, "interval": [value, value]}

    rows = [
        {"part": "speed", "case": "dcgan32", "way": "graph bf16", "images_s": 210_000},
        {"part": "speed", "case": "dcgan32", "way": "eager bf16", "images_s": 900_000},
        ratio("dcgan32", "graph bf16", "hand", 5.0),
        ratio("dcgan32", "graph fp32", "hand", 4.5),
        ratio("dcgan32", "graph bf16", "hand, reduce-overhead", 1.2),
        {"part": "resume", "engine": "graph", "spec": "x", "difference": 0.0},
        {"part": "equal", "loss": "BCE", "terms": "gp", "way": "graph", "difference": 0.5},
        {"part": "speed", "case": "wgangp", "way": "hand", "failed": ["RuntimeError: a", "ValueError: b"]},
        {"part": "plan", "of": "knobs", "ended": "did not end within its limit", "took_s": 45, "limit_s": 45},
    ]
    said = table(rows)
    assert "| DCGAN-32 from graphs, beside the hand loop as written | 4.0 | 5.0 | graph bf16 | reached |" in said
    assert "| DCGAN-32 from graphs, beside reduce-overhead | 1.5 | 1.2 | graph bf16 | not reached |" in said
    assert "| DCGAN-32, images/s | 200,000 | 210,000 | graph bf16 | reached |" in said
    assert "| SNGAN-ResNet-32 in bf16, images/s | 30,000 |  |  | not measured |" in said
    assert "| Resumed runs: largest difference of a weight | 0 | 0.0 | | reached |" in said
    assert "- graph: 0 of 1 games have the bits of eager. BCE+gp 0.5" in said
    assert "- speed wgangp hand: RuntimeError: a, since: ValueError: b" in said
    assert "- knobs: did not end within its limit (45 of 45 s)" in said
    failed = table([*rows, {"part": "resume", "engine": "graph", "spec": "y", "failed": ["x"], "where": ""}])
    assert "| Resumed runs: largest difference of a weight | 0 | inf | | not reached |" in failed
    on_a_cpu = table([{**row, "note": "tried on a CPU: no measurement"} for row in rows])
    assert on_a_cpu.startswith("**tried on a CPU: no measurement**")
    assert "reached |" not in on_a_cpu


class Stub:
    """A way to train that is ready at once, late, has failed, or dies on its second block."""

    def __init__(self, make, case, way, device):
        self.way, self.process, self.blocks = way, self, 0

    def ask(self, method, *args):
        if method == "memory":
            return {}
        if method == "block":
            self.blocks += 1
            if self.way == "eager bf16" and self.blocks > 1:
                raise EOFError
            return {"round_s": 0.5}
        if self.way == "hand":
            time.sleep(3)
        return {"failed": ["ValueError: no"]} if self.way == "graph bf16" else {"first_s": 1.0, "round_s": 0.5}

    def kill(self):
        pass

    end = kill


def test_ways_to_train_that_fail_are_late_or_die_hurt_no_other(findings, monkeypatch):
    import measure_speed

    monkeypatch.setattr(measure_speed, "Contestant", Stub)
    measure_speed.speed(findings, 1.0, "dcgan32")
    told = {row["way"]: row for row in findings.rows() if row["part"] == "speed"}
    assert told["hand"]["failed"] == ["not ready after 1 s"]
    assert told["graph bf16"]["failed"] == ["ValueError: no"]
    assert told["hand, reduce-overhead"]["images_s"] == 8


def test_what_another_machine_lacks_is_listed_without_torch(speed):
    from lacking import lacking

    found = [line.partition("==")[0] for line in lacking("numpy==2.0.0\nMarkupSafe==3.0\nrich @ file:///x\n")]
    assert {"msgspec", "pytest", "joblib"} <= {*found}
    assert {"torch", "torchvision", "numpy", "markupsafe", "rich"}.isdisjoint(found)


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")  # while a penalty is traced
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hand", "hand, defaults", "hand, reduce-overhead"])
@pytest.mark.parametrize("case", ["dcgan32", "resnet32", "wgangp"])
def test_hand_written_loops_play_the_same_game(case, kind, speed):
    import ways

    assert ways.CASES.keys() == {"dcgan32", "resnet32", "wgangp"}
    ways.checked(case, kind, "cpu")


@pytest.mark.slow
def test_everything_that_measures_a_gpu_can_be_tried_without_one(tmp_path):
    idx_files(tmp_path / "data" / "mnist")
    environ = {**os.environ, "GANZOO_DATA": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environ |= {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, SPEED / "measure.py", "main", "--device", "cpu", "--out", tmp_path / "found"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=4500, check=True)
    rows = [json.loads(line) for line in (tmp_path / "found" / "rows.jsonl").read_text().splitlines()]
    assert all(row["device"] == "cpu" and row["note"] == "tried on a CPU: no measurement" for row in rows)
    faults = [row for row in rows if "failed" in row or "skipped" in row or ("of" in row and row["ended"] != "done")]
    assert [row for row in faults if row["part"] != "plan" or isinstance(row["of"], str)] == []
    parts = {"machine", "equal", "resume", "speed", "ratio", "knobs", "profile", "stacked", "larger", "tests"}
    assert {row["part"] for row in rows} == {*parts, "compiled", "plan"}
    assert all(row["difference"] == 0 for row in rows if "difference" in row)
    assert "no number below is one of a GPU" in done.stdout
