"""Grids before anything runs: braces, files, what is checked, and the file of records."""

import json
import threading
from pathlib import Path

import msgspec
import pytest

from ganzoo.bench.braces import expand_braces
from ganzoo.bench.grid import GridConfig, grid_from, read_grid
from ganzoo.bench.launcher import launcher_of
from ganzoo.bench.local_processes import Local
from ganzoo.bench.plan import plan_grid
from ganzoo.bench.record_file import RecordFile
from ganzoo.bench.slurm_cluster import Slurm
from ganzoo.runs.records import Budget, DatasetRecord, Env, Result
from ganzoo.support.errors import RunError, SpecError

GRIDS = sorted((Path(__file__).parents[2] / "benchmarks" / "grids").glob("*.toml"))

# ---------------------------------------------------------------- braces


@pytest.mark.parametrize(
    ("text", "specs"),
    [
        ("dcgan+bce", "dcgan+bce"),
        ("dcgan+{bce,hinge}", "dcgan+bce dcgan+hinge"),
        ("{mlp,dcgan}+{bce, hinge+sn}@ring8", "mlp+bce@ring8 mlp+hinge+sn@ring8 dcgan+bce@ring8 dcgan+hinge+sn@ring8"),
        ("dcgan+bce+{,sn}", "dcgan+bce dcgan+bce+sn"),
        ("{,sn}+dcgan+{,r1}+bce", "dcgan+bce dcgan+r1+bce sn+dcgan+bce sn+dcgan+r1+bce"),
        ("dcgan+bce+", "dcgan+bce"),  # what the shell leaves of an empty alternative
        ("dcgan++bce", "dcgan+bce"),
        ("dcgan+{bce,bce}", "dcgan+bce"),
        ("dcgan+bce@{digits,stacked-digits}", "dcgan+bce@digits dcgan+bce@stacked-digits"),
        ("dcgan:width=16+{bce}+r1:weight=5,every=4", "dcgan:width=16+bce+r1:weight=5,every=4"),
    ],
)  # fmt: skip
def test_braces_are_expanded(text, specs):
    assert expand_braces(text) == specs.split()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dcgan+{bce", "no partner"),
        ("dcgan+bce}", "no partner"),
        ("dcgan+{bce,{sn}}", "inside another"),
        ("dcgan+{r1:weight=5,every=2}+bce", "without options"),
        ("dcgan+{bce@digits,hinge}", "without options"),
        ("dcgan+r{1,2}+bce", "'r' comes before"),
        ("dcgan+{bce,hinge}:smooth=1", "':' comes after"),
        ("dcgan+{bce}{,sn}", "'}' comes before"),
    ],
)
def test_braces_that_hold_no_parts_are_refused(text, message):
    with pytest.raises(SpecError, match=message):
        expand_braces(text)


# ---------------------------------------------------------------- files


def test_a_file_is_read(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text("""
        name = "losses"
        specs = ["dcgan+{bce,hinge}"]
        data = ["digits"]
        seeds = [1, 1, 4]
        images = "4k"
        settings = { batch = 16, betas = [0.5, 0.9] }
        exclude = [{ spec = "dcgan+hinge", reason = "seen often enough" }]
        threads = 2
    """)
    grid = read_grid(path)
    assert (grid.all_seeds, grid.threads, grid.exclude[0].reason) == ([1, 4], 2, "seen often enough")
    assert grid.cell_settings == {"batch": 16, "betas": [0.5, 0.9], "images": "4k"}
    (cell,) = plan_grid(msgspec.structs.replace(grid, seeds=1), tmp_path).cells
    assert (cell.recipe.settings.betas, cell.total) == ((0.5, 0.9), 4000)
    assert "--set=betas=0.5,0.9" in cell.command


def test_all_mistakes_of_a_file_are_listed(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text('specs = []\nsedes = 3\nseeds = 0\nexclude = [{ spec = "a", reasn = "b" }, 3]\nimages = 1.5')
    with pytest.raises(SpecError) as error:
        read_grid(path)
    message = "\n".join(error.value.faults)
    assert len(error.value.faults) == 8
    for part in ("name is missing", "specs: ", "'sedes'; nearest: seeds", "seeds: ", "'reasn'; nearest: reason",
                 "exclude[0]: reason is missing", "exclude[1]: write", "images: "):  # fmt: skip
        assert part in message, part
    assert all(fault.startswith(f"{path}: ") for fault in error.value.faults)


def test_a_file_that_is_no_toml_is_a_sentence(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text("name = ")
    with pytest.raises(SpecError, match=r"grid\.toml is not a TOML file"):
        read_grid(path)


def test_the_schema_in_the_readme_is_a_grid():
    text = (GRIDS[0].parent / "README.md").read_text().split("```toml\n")[1].split("```")[0]
    import tomllib

    grid = grid_from(tomllib.loads(text))
    assert set(tomllib.loads(text)) == {field.name for field in msgspec.structs.fields(GridConfig)} - {"steps"}
    assert grid.exclude


@pytest.mark.parametrize("path", GRIDS, ids=lambda path: path.stem)
def test_our_grids_can_be_run(path, tmp_path):
    planned = plan_grid(read_grid(path), tmp_path)
    combinations = {"digits": 14, "stacked-digits": 8, "ring8": 8, "grid25": 8}[path.stem]
    assert len(planned.combinations) == combinations
    assert len(planned.cells) == 3 * combinations
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- what a grid comes to


def grid(*specs, **more):
    return grid_from({"name": "test", "specs": specs, "images": 160, "seeds": 1, **more})


def test_cells_go_seed_by_seed_and_each_once(tmp_path):
    planned = plan_grid(grid("mlp+{bce,r3}", "mlp+rpgan+r1+r2", data=["ring8"], seeds=2), tmp_path)
    assert [cell.name for cell in planned.cells] == [
        "mlp+bce@ring8 seed 0",
        "mlp+rpgan+r1+r2@ring8 seed 0",
        "mlp+bce@ring8 seed 1",
        "mlp+rpgan+r1+r2@ring8 seed 1",
    ]
    assert planned.cells[2].path == tmp_path / "mlp+bce@ring8" / f"{planned.cells[0].id}-s1"


def test_everything_that_is_wrong_is_listed_at_once(tmp_path):
    wrong = grid("dcgan+{bce,hnge}", "dcgan:norm=batch+wgangp", data=["digits", "ring8"], settings={"bach": 3})
    with pytest.raises(SpecError) as error:
        plan_grid(wrong, tmp_path)
    message = str(error.value)
    assert "dcgan+hnge@digits and dcgan+hnge@ring8: no architecture" in message
    assert "nearest: hinge" in message
    assert "dcgan takes data of the kind image, but ring8 is points" in message
    assert message.count("setting bach: there is no such setting; nearest: batch") == 1
    assert len(error.value.faults) == len(set(error.value.faults))


def test_what_cannot_be_built_is_reported_before_anything_starts(tmp_path):
    with pytest.raises(SpecError, match=r"^dcgan:norm=batch\+wgangp@digits: .*norm=layer"):
        plan_grid(grid("dcgan+bce", "dcgan:norm=batch+wgangp"), tmp_path)


def test_what_is_excluded_has_a_reason_and_is_in_the_grid(tmp_path):
    left = [{"spec": "sn+mlp+{bce,hinge}", "reason": "slow"}, {"spec": "mlp+bce@grid25", "reason": "known"}]
    planned = plan_grid(grid("mlp+{bce,hinge}+{,sn}", data=["ring8", "grid25"], exclude=left), tmp_path)
    assert sorted(planned.combinations) == ["mlp+bce@ring8", "mlp+hinge@grid25", "mlp+hinge@ring8"]
    assert len(planned.excluded) == 5
    assert ("mlp+bce@grid25", "known") in planned.excluded
    with pytest.raises(SpecError, match=r"'mlp\+bec' is not in the grid; nearest: mlp\+bce"):
        plan_grid(grid("mlp+bce@ring8", exclude=[{"spec": "mlp+bec", "reason": "?"}]), tmp_path)
    with pytest.raises(SpecError, match="every combination"):
        plan_grid(grid("mlp+bce@ring8", exclude=[{"spec": "mlp+bce", "reason": "?"}]), tmp_path)


def test_a_directory_that_is_in_the_way_is_reported_before_anything_starts(tmp_path):
    (cell,) = plan_grid(grid("mlp+bce@ring8"), tmp_path).cells
    cell.path.mkdir(parents=True)
    (cell.path / "recipe.json").write_text("null")
    with pytest.raises(RunError, match=r"recipe\.json cannot be read"):
        plan_grid(grid("mlp+{bce,hinge}@ring8"), tmp_path)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("lokal", {}, "nearest: local"),
        ("local:jbs=2,threads=0", {}, "2 mistakes"),
        ("local:jobs=2", {"jobs": "3"}, "jobs is given twice"),
        ("local+ray", {}, "is no name of a part"),
        ("hinge", {}, "of the kind loss, not launcher"),
    ],
)
def test_a_launcher_that_is_none_is_a_sentence(text, options, message):
    with pytest.raises(SpecError, match=message):
        launcher_of(text, options)


def test_a_launcher_has_options():
    assert launcher_of("local:jobs=2", {"threads": "3"}) == Local(jobs=2, threads=3)
    text = "slurm:gpu,memory=2.5,executor=local"
    assert launcher_of(text, {"jobs": "8"}) == Slurm(partition="gpu", memory=2.5, executor="local", jobs=8)


# ---------------------------------------------------------------- records


def result(n, status="ok", images=100, revision="abc"):
    return Result(
        run_id=f"r-s{n}", created=str(n), spec="mlp+bce@ring8", recipe_id="r", components=[], settings={},
        dataset=DatasetRecord(name="ring8", revision=revision, n_train=5),
        budget=Budget(images=images, d_moves=1, g_moves=1, wall_s=0.1, core_s=0.1), seed=n, status=status, metrics={},
        best={}, curve=[], env=Env(python="", torch="", ganzoo_core="", device="", threads=1, layout="", precision=""),
    )  # fmt: skip


def runs_in(path):
    return [json.loads(line)["run_id"] for line in path.read_text().splitlines()]


def test_a_record_is_written_once(tmp_path):
    path = tmp_path / "new" / "records.jsonl"
    one, other = RecordFile(path), RecordFile(path)
    assert one.add([result(0), result(1)]) == 2
    assert other.add([result(1), result(2)]) == 1
    assert one.add([result(0), result(2), msgspec.structs.replace(result(1), created="later")]) == 0
    assert RecordFile(path).add([result(0, status="failed"), result(0, images=200), result(0, revision="def")]) == 3
    assert runs_in(path) == ["r-s0", "r-s1", "r-s2", "r-s0", "r-s0", "r-s0"]


def test_a_line_that_was_cut_off_is_mended_and_other_lines_stay(tmp_path):
    path = tmp_path / "records.jsonl"
    line = msgspec.json.encode(result(0))
    path.write_bytes(b'{"schema": "ganzoo.verification/1"}\n' + line[: len(line) // 2])
    assert RecordFile(path).add([result(0)]) == 1
    assert path.read_bytes() == b'{"schema": "ganzoo.verification/1"}\n' + line + b"\n"
    path.write_bytes(line)  # whole, but a person removed the newline
    ledger = RecordFile(path)
    assert ledger.add([result(0), result(1)]) == 1
    assert runs_in(path) == ["r-s0", "r-s1"]
    path.write_bytes(b"")
    assert ledger.add([result(0)]) == 1


def test_many_writers_share_a_file(tmp_path):
    path = tmp_path / "records.jsonl"

    def write(start):
        ledger = RecordFile(path)
        for n in range(start, start + 30):
            ledger.add([result(n % 40)])

    threads = [threading.Thread(target=write, args=(10 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(runs_in(path)) == sorted(f"r-s{n}" for n in range(40))


def test_records_that_cannot_be_written_are_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="--records"):
        RecordFile(tmp_path / "file" / "records.jsonl").add([result(0)])
