"""Evaluation beside training: the same run, and whatever becomes of the worker, no harm to it."""

import io
import json
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from helpers.bits import Stopper
from PIL import Image
from test_networks_in_training import FILE as NETWORKS

import ganzoo
from ganzoo.evaluation.evaluate import metrics_of
from ganzoo.runs import judging
from ganzoo.runs.judging import Judging, _Pickler
from ganzoo.support.errors import GanzooWarning

PLUGIN = '''
import os, signal, sys, time
from dataclasses import dataclass
import ganzoo
from ganzoo.zoo.datasets.mixtures import Ring

IN_WORKER, calls = sys.argv == ["-c", str(os.getppid())], []  # processes of xdist are `-c` too


@ganzoo.hookimpl
def ganzoo_components():
    yield ganzoo.Component(kind="dataset", name="watched", target=f"{__name__}:Watched", data={"points"})
    yield ganzoo.Component(kind="metric", name="spread", target=f"{__name__}:Spread")


@dataclass(eq=False)
class Watched(Ring):
    """Ring8, and what happens to its metric in a worker."""

    happens: str = "nothing"
    primary, metrics = "spread", property(lambda self: (f"spread:happens={self.happens}", "modes"))

    def __post_init__(self):
        if self.happens == "unpicklable":
            self.cannot = lambda: None


@dataclass
class Spread:
    happens: str = "nothing"
    better = {"spread": "higher"}

    def __call__(self, e):
        print("said by a metric")
        calls.append(1)
        if IN_WORKER and self.happens == "fails" and len(calls) == 2:
            raise ValueError("no room for features")
        if IN_WORKER and self.happens == "fails" and len(calls) == 10:
            os.kill(os.getpid(), signal.SIGKILL)
        if IN_WORKER and self.happens == "slow":
            time.sleep(0.5 if len(calls) == 1 else 60)
        return [ganzoo.Score("spread", "", e.x.std().item())]
'''
HOW = {"batch": 16, "latent": 2, "decay": "none", "device": "cpu"}


def wait_until_started(worker, ready=Judging.ready):
    """The first mark of these short runs comes before their worker has started."""
    if worker._started is not None:
        worker._started.exception(60)
    return ready(worker)


@pytest.fixture
def begun(monkeypatch):
    """Runs in this test are evaluated beside training. The marks whose samples a worker was given."""
    marks, begin = [], Judging.begin
    monkeypatch.setattr(judging, "is_beside", lambda device: True)
    monkeypatch.setattr(Judging, "ready", wait_until_started)
    monkeypatch.setattr(
        Judging, "begin", lambda self, images, *what: (marks.append(images), begin(self, images, *what))
    )
    return marks


@pytest.fixture
def plugin(tmp_path):
    """A file that is not importable by name."""
    sys.modules.pop("watched_file", None)
    (tmp_path / "watched_file.py").write_text(PLUGIN)
    with ganzoo.using([tmp_path / "watched_file.py"]):
        yield tmp_path / "watched_file.py"


def logged(run):
    return [json.loads(line) for line in (run.path / "log.jsonl").read_text().splitlines()]


def scores(run):
    return [line for line in logged(run) if "metrics" in line]


def assert_same(a, b):
    """Scores, pictures and weights."""
    assert a.result.curve == b.result.curve
    assert a.result.metrics == b.result.metrics
    assert scores(a) == scores(b)
    assert [p.name for p in sorted(a.folder.samples.iterdir())] == [p.name for p in sorted(b.folder.samples.iterdir())]
    files = [path.name for path in a.checkpoint.glob("*.safetensors")]
    assert len(files) >= 3
    for name in files:
        assert (a.checkpoint / name).read_bytes() == (b.checkpoint / name).read_bytes()


class Seen(ganzoo.Tracker):
    """What trackers are told of scores and pictures."""

    def __init__(self):
        self.scored, self.drawn = [], []

    def scores(self, images, scores):
        self.scored.append((images, scores))

    def image(self, images, path):
        self.drawn.append((images, path.name))


def test_the_cpu_evaluates_in_line_and_cuda_beside():
    assert not judging.is_beside(torch.device("cpu"))
    assert not judging.is_beside(torch.device("mps"))
    assert judging.is_beside(torch.device("cuda:0"))
    with judging.judging(None, (), torch.device("cpu")) as worker:
        assert worker is None


def test_images_have_the_same_scores_and_weights(tmp_path, begun, monkeypatch):
    in_worker, in_line = Seen(), Seen()
    how = {**HOW, "latent": 4, "images": 160}
    beside = ganzoo.run("dcgan:width=4+bce+sn", out=tmp_path / "beside", trackers=[in_worker], **how)
    assert begun == list(range(16, 161, 16))
    monkeypatch.setattr(judging, "is_beside", lambda device: False)
    plain = ganzoo.run("dcgan:width=4+bce+sn", out=tmp_path / "plain", trackers=[in_line], **how)
    assert len(begun) == 10
    assert_same(beside, plain)
    assert (in_worker.scored, in_worker.drawn) == (in_line.scored, in_line.drawn)
    for picture in plain.folder.samples.glob("*.png"):
        assert picture.read_bytes() == (beside.folder.samples / picture.name).read_bytes()


def test_core_seconds_of_the_worker_are_those_of_the_run(tmp_path, begun, monkeypatch):
    """Told apart from the training process' own by a constant: how long either takes depends on the machine."""
    receive, told = judging.receive, []

    def a_day_more(stream):
        answer = receive(stream)
        told.append(answer.core_s)
        return replace(answer, core_s=answer.core_s + 86_400)

    monkeypatch.setattr(judging, "receive", a_day_more)
    run = ganzoo.run("mlp:width=8+bce@ring8", images=160, out=tmp_path / "run", **HOW)
    assert len(begun) == 10
    assert told == sorted(told)
    assert told[0] > 0.5  # the worker has imported PyTorch
    assert 86_400 + told[-1] < run.result.budget.core_s < 2 * 86_400
    assert run.result.budget.wall_s < 86_400


def test_metrics_of_a_plugin_that_look_at_networks_have_the_same_scores(tmp_path, begun, monkeypatch):
    """Their networks are those of the mark, not of the round after it."""
    (tmp_path / "inverter_file.py").write_text(NETWORKS)
    sys.modules.pop("inverter_file", None)
    spec, how = "mlp:width=16+bce+inverter@inverted-ring", {**HOW, "steps": 100, "lr": 2e-3, "ema": 500}
    with ganzoo.using([tmp_path / "inverter_file.py"]):
        beside = ganzoo.run(spec, out=tmp_path / "beside", **how)
        assert len(begun) == 10
        monkeypatch.setattr(judging, "is_beside", lambda device: False)
        plain = ganzoo.run(spec, out=tmp_path / "plain", **how)
    assert len({point.metrics["found[n=100]"] for point in beside.result.curve}) == 10
    assert_same(beside, plain)


def test_a_worker_that_fails_loses_a_mark_and_the_last_is_evaluated_in_line(tmp_path, plugin, begun, capfd):
    with pytest.warns(GanzooWarning, match="gave no scores of") as warned:
        run = ganzoo.run("mlp:width=8+bce@watched:happens=fails", images=160, out=tmp_path / "run", **HOW)
    first, last = [str(w.message) for w in warned if w.category is GanzooWarning]
    assert first == "the worker process gave no scores of 32 images (ValueError: no room for features)"
    assert last.startswith("the worker process gave no scores of 160 images (it was ended by a signal: Killed); the sc")
    assert run.result.status == "ok"
    assert [point.images for point in run.result.curve] == [16, *range(48, 161, 16)]
    assert run.result.metrics == run.result.curve[-1].metrics
    assert len(begun) == 10
    out, errors = capfd.readouterr()
    assert out.count("said by a metric") == 1  # in line
    assert "said by a metric" not in errors


def test_what_cannot_be_sent_is_evaluated_in_line(tmp_path, plugin, begun):
    with pytest.warns(GanzooWarning, match=r"worker process cannot evaluate this run \(.*lambda.*\); the scores that"):
        run = ganzoo.run("mlp:width=8+bce@watched:happens=unpicklable", images=160, out=tmp_path / "run", **HOW)
    assert begun == []
    assert len(run.result.curve) == 10


def test_a_file_that_has_changed_is_not_read_again(tmp_path, plugin, begun):
    plugin.write_text(PLUGIN.replace("std()", "mean()"))
    with pytest.warns(GanzooWarning, match=r"\(NoPlugin: .*watched_file.py has changed since it was loaded\)"):
        run = ganzoo.run("mlp:width=8+bce@watched", images=160, out=tmp_path / "run", **HOW)
    assert begun == []
    assert len(run.result.curve) == 10


def test_no_process_at_all_is_a_warning(tmp_path, begun, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with pytest.warns(GanzooWarning, match=r"no worker process can be started \(FileNotFoundError"):
        assert ganzoo.run("mlp:width=8+bce@ring8", images=160, out=tmp_path / "run", **HOW).result.status == "ok"


def test_a_mark_before_the_worker_has_started_is_evaluated_in_line(tmp_path, begun, monkeypatch):
    monkeypatch.setattr(Judging, "ready", lambda self: False)
    assert len(ganzoo.run("mlp:width=8+bce@ring8", images=160, out=tmp_path / "run", **HOW).result.curve) == 10
    assert begun == []


@pytest.fixture
def waits(tmp_path, monkeypatch):
    """The numbers of checkpoints whenever the run waits for scores. What is called then can be set."""
    found, take = [], Judging.take

    def noted(worker, wait):
        if wait and worker._asked:
            found.append(len(list((tmp_path / "run" / "checkpoints").iterdir())))
            noted.then()
        return take(worker, wait)

    noted.then, noted.found = lambda: None, found
    monkeypatch.setattr(Judging, "take", noted)
    monkeypatch.setattr("ganzoo.runs.loop.PROGRESS_EVERY", 0.0)
    return noted


SLOW = "mlp:width=8+bce@watched:happens=slow"


def test_a_signal_saves_then_waits_for_the_scores_and_the_run_goes_on(tmp_path, plugin, begun, waits, monkeypatch):
    how = {**HOW, "images": 1600}
    with pytest.raises(ganzoo.Interrupted):
        ganzoo.run(SLOW, out=tmp_path / "run", trackers=[Stopper(176)], **how)
    assert waits.found == [2]  # that of the mark, and that of the signal
    stopped = ganzoo.load(tmp_path / "run")
    assert [point.images for point in stopped.result.curve] == [160]
    assert stopped.result.budget.images == 192
    monkeypatch.setattr(judging, "is_beside", lambda device: False)
    resumed = ganzoo.run(SLOW, out=tmp_path / "run", **how)
    assert_same(resumed, ganzoo.run(SLOW, out=tmp_path / "plain", **how))


class CtrlC(Stopper):
    def progress(self, images):
        if images >= self.images:
            self.images = float("inf")
            signal.raise_signal(signal.SIGINT)


def test_a_second_signal_gives_the_scores_up(tmp_path, plugin, begun, waits):
    waits.then = lambda: signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        ganzoo.run(SLOW, images=1600, out=tmp_path / "run", trackers=[CtrlC(176)], **HOW)
    stopped = ganzoo.load(tmp_path / "run")
    assert (stopped.result.status, stopped.result.curve) == ("interrupted", [])
    assert stopped.folder.checkpoints.images() == 192


SCRIPT = """
import sys, ganzoo
from ganzoo.runs import judging
print("once")
judging.is_beside = lambda device: True
judging.Judging.ready = lambda self, ready=judging.Judging.ready: (self._started.exception(60), ready(self))[1]
begin = judging.Judging.begin
def said(self, *what):
    print("worker", self._process.pid, flush=True)
    begin(self, *what)
judging.Judging.begin = said
with ganzoo.using(sys.argv[3:]):
    ganzoo.run(sys.argv[1], images=160, out=sys.argv[2], batch=16, latent=2, decay="none", device="cpu")
"""


def script(folder, *arguments):
    (folder / "script.py").write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, str(folder / "script.py"), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_script_without_a_guard_runs_once_and_points_have_the_same_scores(tmp_path):
    process = script(tmp_path, "mlp:width=8+bce@ring8", tmp_path / "beside")
    out, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert out.split().count("once") == 1
    assert out.split().count("worker") == 10
    plain = ganzoo.run("mlp:width=8+bce@ring8", images=160, out=tmp_path / "plain", **HOW)
    assert_same(ganzoo.load(tmp_path / "beside"), plain)


def is_running(pid):
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_worker_ends_with_its_run_even_in_the_middle_of_a_metric(tmp_path, plugin):
    """And the run that was killed has the same scores once it is resumed."""
    how = {**HOW, "images": 160}
    process = script(tmp_path, SLOW, tmp_path / "run", plugin)
    workers = [line for line in (process.stdout.readline() for _ in range(3)) if line.startswith("worker")]
    worker = int(workers[-1].split()[1])
    while len(list((tmp_path / "run" / "checkpoints").iterdir())) < 2:  # the second mark takes a minute
        time.sleep(0.02)
    assert is_running(worker)
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 20
    while is_running(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_running(worker)
    resumed = ganzoo.run(SLOW, out=tmp_path / "run", **how)
    assert resumed.result.curve == ganzoo.run(SLOW, out=tmp_path / "plain", **how).result.curve


def test_of_a_part_of_a_tensor_only_the_part_is_sent(tmp_path):
    whole = torch.arange(4_000.0).reshape(10, 4, 10, 10).to(memory_format=torch.channels_last)
    with open(tmp_path / "sent", "wb") as file:
        _Pickler(file, 5).dump([whole[:2], whole])
    with open(tmp_path / "sent", "rb") as file:
        part, again = pickle.load(file)  # noqa: S301
    assert torch.equal(part, whole[:2])
    assert torch.equal(again, whole)
    assert part.untyped_storage().nbytes() == part.nbytes
    assert (part.stride(), again.stride()) == (whole.stride(), whole.stride())  # the last bits of a score depend on it


@pytest.mark.parametrize("name", ["digits", "stacked-digits", "ring8", "spiral", "folder"])
def test_data_and_metrics_of_ganzoo_can_be_sent(name, tmp_path):
    for level in range(4):
        Image.new("RGB", (8, 8), (level, 0, 0)).save(tmp_path / f"{level}.png")
    data = ganzoo.dataset(f"folder:{tmp_path},size=8" if name == "folder" else name)
    assert data.train is not None
    assert data.extractor is not None
    file = io.BytesIO()
    _Pickler(file, 5).dump((data, metrics_of(data)))
    again, metrics = pickle.loads(file.getvalue())  # noqa: S301
    assert again.revision == data.revision
    assert metrics == metrics_of(data)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("spec", ["dcgan:width=8+hinge+sn", "mlp:width=16+bce@ring8"])
def test_on_cuda_a_run_is_evaluated_beside_with_the_same_scores(spec, tmp_path, monkeypatch):
    marks, begin = [], Judging.begin
    monkeypatch.setattr(Judging, "ready", wait_until_started)
    monkeypatch.setattr(
        Judging, "begin", lambda self, images, *what: (marks.append(images), begin(self, images, *what))
    )
    how = {"images": 6400, "batch": 64, "decay": "none", "device": "cuda"}
    beside = ganzoo.run(spec, out=tmp_path / "beside", **how)
    assert len(marks) == 10
    monkeypatch.setattr(judging, "is_beside", lambda device: False)
    assert_same(beside, ganzoo.run(spec, out=tmp_path / "plain", **how))
