"""The parts of measure.py that do not time training: the machine, whether results are the same, quality, tests."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

from findings import Findings, clock

ROOT = Path(__file__).parents[2]
TESTS = ("tests/training/test_gpu.py", "tests/training/test_gpu_runs.py")
NODES = 500
RECIPES = {"r3": "dcgan:width=64+r3", "bce": "dcgan:width=64+bce", "bce+pack": "dcgan:width=64+bce+pack"}
RESUMED = ("dcgan:width=32+bce", "dcgan:width=32+wgangp", "dcgan:width=32+hinge+r1:every=3+lecam")


def machine(findings: Findings, limit: float) -> None:
    """Versions, speed of arithmetic and of memory, and what a node of a graph and a launch cost."""
    import torch

    from ganzoo.runs.environment import commit, processor

    smi = ["nvidia-smi", "--query-gpu=name,driver_version,clocks.sm,clocks.mem,power.limit", "--format=csv,noheader"]
    told = subprocess.run(smi, capture_output=True, text=True, check=False).stdout.strip() if findings.on_gpu else ""
    versions = {"torch": str(torch.__version__), "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
    versions |= {"python": sys.version.split()[0], "commit": commit()[0]}
    findings.tell("machine", **versions, gpu=told, cpu=processor(), cores=os.cpu_count())
    if not findings.on_gpu:
        return
    device = findings.device
    with findings.trying("machine", what="arithmetic"):
        x = torch.randn(8192, 8192, device=device, dtype=torch.bfloat16)
        findings.tell("machine", bf16_tflops=round(2 * 8192**3 / clock(findings, lambda: x @ x, 0.5)["us"] / 1e6))
    with findings.trying("machine", what="memory"):
        a, b = (torch.empty(2**30, dtype=torch.uint8, device=device) for _ in range(2))
        findings.tell("machine", copy_tb_s=round(2 * 2**30 / clock(findings, lambda: b.copy_(a), 0.3)["us"] / 1e6, 2))
    with findings.trying("machine", what="launch"):
        one, generator = torch.zeros(1, device=device), torch.cuda.default_generators[0]
        findings.tell("machine", launch_us=clock(findings, lambda: one.add_(1), 0.2)["us"])
        findings.tell("machine", manual_seed_us=clock(findings, lambda: generator.manual_seed(5), 0.1)["us"])
    for name, n in (("one number", 1), ("a feature map", 64 * 32 * 16 * 16)):
        with findings.trying("machine", what="graph node", of=name):
            y, graph = torch.zeros(n, device=device), torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                for _ in range(NODES):
                    y.add_(1)
            findings.tell("machine", graph_node_us=round(clock(findings, graph.replay, 0.3)["us"] / NODES, 3), of=name)


def equal(findings: Findings, limit: float, loss: str) -> None:
    """A loss with every term: the largest difference of a weight between eager, eager again, and graphs."""
    from helpers import executions
    from helpers.replay import difference

    from ganzoo.training.execution import Eager

    engine = executions.engine_on(findings.device)
    make = getattr(executions, loss)
    size = {"shape": (3, 16, 16), "rounds": 8} if findings.on_gpu else {"rounds": 4}
    for names, terms in executions.TERMS.items():
        played = {}
        for way in ("eager", "eager again", "graph"):
            with findings.trying("equal", loss=loss, terms=names, way=way), engine.active():
                execution = executions.graphed(findings.device) if way == "graph" else Eager()
                parts = (make(), *(term() for term in terms))
                played[way] = executions.played(execution, *parts, engine=engine, **size)
                if way != "eager" and "eager" in played:
                    apart = difference(played[way], played["eager"])
                    recorded = {"recordings": len(execution.recordings)} if way == "graph" else {}
                    findings.tell("equal", loss=loss, terms=names, way=way, difference=apart, **recorded)


def resume(findings: Findings, limit: float) -> None:
    """A run that was stopped half-way, and one that was not: the largest difference of a weight of theirs."""
    import ganzoo
    from ganzoo.runs import loop

    loop.EVALUATIONS = 2
    for spec in RESUMED:
        for engine in ("graph", "eager") if findings.on_gpu else ("eager",):
            with findings.trying("resume", spec=spec, engine=engine), tempfile.TemporaryDirectory() as folder:
                images = 6400 if findings.on_gpu else 64
                name = f"{spec if findings.on_gpu else spec.replace('width=32', 'width=2')}@digits"
                batch = 64 if findings.on_gpu else 8
                how = {"device": findings.device, "engine": engine, "batch": batch, "decay": "none"}
                ganzoo.run(name, images=images // 2, out=Path(folder, "stopped"), **how)
                runs = [ganzoo.run(name, images=images, out=Path(folder, kind), **how) for kind in ("stopped", "whole")]
                apart = 0.0
                for network in ("generator", "discriminator"):
                    one, other = (run.network(network).state_dict() for run in runs)
                    apart = max(apart, *((one[key] - other[key]).abs().max().item() for key in one))
                findings.tell("resume", spec=spec, engine=engine, difference=apart)


def stacked(findings: Findings, limit: float, which: str) -> None:
    """Quality on stacked MNIST. Its files are not downloaded; statistics of the reals come from the user's cache."""
    import ganzoo
    from ganzoo.runs import loop
    from ganzoo.zoo.datasets.mnist import MNIST, StackedMNIST

    spec, images, batch = RECIPES[which], 1_500_000, 256
    with findings.trying("stacked", spec=spec):
        if MNIST.files.find() is None:
            findings.tell("stacked", spec=spec, missing="MNIST's files; see GPU.md for where they are looked for")
            return
        loop.EVALUATIONS = 2
        if not findings.on_gpu:
            StackedMNIST.sizes, images, batch, spec = (40, 20), 64, 8, spec.replace("width=64", "width=2")
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            how = {"images": images, "batch": batch, "lr": 4e-4, "device": findings.device, "out": Path(folder, "run")}
            run = ganzoo.run(f"{spec}@stacked-mnist", **how)
            what = {"status": run.result.status, "mode": run.header.engine.mode, "images": images}
            took = round(time.perf_counter() - began, 1)
            findings.tell("stacked", spec=spec, **what, took_s=took, metrics=run.result.metrics)


def tests(findings: Findings, limit: float) -> None:
    """The tests that need a GPU. On a CPU, one of them."""
    report = findings.folder / "tests.xml"
    chosen = ["-m", "gpu"] if findings.on_gpu else ["-k", "waits_for_nothing and cpu"]
    command = [sys.executable, "-m", "pytest", *TESTS, *chosen, "-v", "-p", "no:cacheprovider", f"--junitxml={report}"]
    command += ["-o", "filterwarnings=default", "-o", "addopts="]  # what another torch warns of is no failure
    passed = 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        last = ""
        for line in process.stdout or ():
            last = line.strip() or last
            passed += " PASSED" in line
            if "::" in line and (" FAILED" in line or " ERROR" in line):
                findings.tell("tests", failed_test=line.split()[0])
    findings.tell("tests", exit=process.returncode, passed=passed, last=last)
    with findings.trying("tests", what="the report"):
        for case in ElementTree.parse(report).iter("testcase"):
            for fault in [*case.iter("failure"), *case.iter("error")]:
                findings.tell("tests", failed_test=case.get("name"), failed=[(fault.get("message") or "")[:500]])
