"""The parts of measure.py that time training: rivals side by side, settings, kernels, larger networks, compiling."""

import gc
import statistics
import time
import warnings
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from itertools import product
from unittest.mock import patch

from contestant import Contestant, compared
from findings import Findings, clock
from ways import CASES, HAND, OURS, Way, engine_of, setting, trained

PRECISIONS = ("fp32", "tf32", "bf16")
KNOBS = {"none": {}, "any order": {"deterministic": False}, "stopwatch": {"deterministic": False, "benchmark": True}}
OWN = "torch's convolutions"  # where penalties would differentiate ours
LARGER = (("resnet:width=64+r3", 64, (3, 64, 64)), ("resnet:width=64+r3", 32, (3, 128, 128)))
WARM, BLOCKS = 12, 5  # rounds, of which the fourth is recorded; and blocks of each way
BLOCK = 0.3  # seconds
READY = 0.75  # of the limit, in which a way to train must have been made and compiled
LAST = 6.0  # seconds before the limit, when no more blocks are begun


def speed(findings: Findings, limit: float, case: str) -> None:
    """Every way to train a case in a process of its own; their blocks in turn, so that all meet the same machine."""
    end = time.monotonic() + limit
    chosen = (*HAND, *OURS) if findings.on_gpu else ("hand", "hand, reduce-overhead", "eager bf16", "graph bf16")
    ways = {way: Contestant(Way, case, way, findings.device) for way in chosen}
    ready = prepared(findings, case, ways, limit * READY)
    took = blocks_of(findings, case, {way: ways[way] for way in ready}, ready, end - LAST)
    images = setting(case, findings.device)[0].settings.round
    for way, seconds in took.items():
        rate = {"rounds_s": round(1 / statistics.median(seconds), 2)}
        rate |= {"images_s": round(images / statistics.median(seconds)), "first_s": ready[way]["first_s"]}
        spread = {name: round(images / f(seconds)) for name, f in (("images_s_min", max), ("images_s_max", min))}
        with findings.trying("speed", case=case, way=way):
            memory = ways[way].ask("memory")
            findings.tell("speed", case=case, way=way, **rate, **spread, blocks=len(seconds), **memory)
    least = min(map(len, took.values()), default=0)
    for ours in (way for way in took if way not in HAND):
        for other in (way for way in took if way in HAND or (way.startswith("eager") and way != ours)):
            with findings.trying("ratio", case=case, ours=ours, other=other):
                pairs = list(zip(took[ours][:least], took[other][:least], strict=True))
                findings.tell("ratio", case=case, ours=ours, other=other, **compared(pairs))
    for one in ways.values():
        with suppress(OSError):  # of one that has died
            one.end()


def prepared(findings: Findings, case: str, ways: dict[str, Contestant], patience: float) -> dict[str, dict]:
    """What those tell that are ready in time. All are made and compiled at once; the others are ended."""
    pool = ThreadPoolExecutor(len(ways))
    asked = {way: pool.submit(one.ask, "ready", WARM if findings.on_gpu else 1) for way, one in ways.items()}
    wait(asked.values(), patience)
    ready = {}
    for way, future in asked.items():
        with findings.trying("speed", case=case, way=way):
            answer = future.result() if future.done() else {"failed": [f"not ready after {patience:.0f} s"]}
            if "failed" in answer:
                findings.tell("speed", case=case, way=way, **answer)
            else:
                ready[way] = answer
        if way not in ready:
            ways[way].process.kill()
    return ready


def blocks_of(
    findings: Findings, case: str, ways: dict[str, Contestant], ready: dict[str, dict], end: float
) -> dict[str, list[float]]:
    """Seconds a round of each block, of those that did not fail."""
    size = {way: max(1, int(BLOCK / ready[way]["round_s"])) if findings.on_gpu else 1 for way in ways}
    took: dict[str, list[float]] = {way: [] for way in ways}
    for block in range(BLOCKS if findings.on_gpu else 2):
        if block and time.monotonic() > end:
            break
        for way in [*took]:
            answer = {"failed": ["it has died"]}
            with suppress(EOFError, OSError):
                answer = ways[way].ask("block", size[way])
            if "failed" in answer:
                findings.tell("speed", case=case, way=way, **answer)
                del took[way]
            else:
                took[way].append(answer["round_s"])
    return took


@contextmanager
def played(findings: Findings, case: str, *how, **engine):
    """A trainer in its engine; its memory is given back afterwards."""
    made = engine_of(case, findings.device, *how, **engine)
    with made.active():
        yield trained(case, made)
    gc.collect()


def knobs(findings: Findings, limit: float) -> None:
    """What settings of kernels and of layout cost or gain, from graphs."""
    import torch

    from ganzoo.training.trainer import Trainer

    for precision, case, knob in product(("bf16", "fp32"), CASES, (*KNOBS, "contiguous", OWN)):
        if knob == OWN and case != "wgangp":
            continue
        own = patch.object(Trainer, "eases", False) if knob == OWN else nullcontext()
        layout = {"layout": "contiguous"} if knob == "contiguous" else {}
        what = {"case": case, "precision": precision, "knob": knob}
        with findings.trying("knobs", **what), own, played(findings, case, "graph", precision, **layout) as t:
            for name, value in KNOBS.get(knob, {}).items():
                setattr(torch.backends.cudnn, name, value)  # the engine restores them
            took = clock(findings, t.round, 0.4)
            findings.tell("knobs", **what, **took, images_s=round(t.settings.round / took["us"] * 1e6))


def profile(findings: Findings, limit: float) -> None:
    """Kernels of a round, the time that they keep the device busy, and which they are."""
    from torch.profiler import ProfilerActivity, profile as traced

    rounds = 3
    for case in CASES:
        for precision in PRECISIONS:
            what = {"case": case, "precision": precision}
            with findings.trying("profile", **what), played(findings, case, "graph", precision) as t:
                took = clock(findings, t.round, 0.3, 3)
                activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if findings.on_gpu else [])]
                with traced(activities=activities) as trace:
                    for _ in range(rounds):
                        t.round()
                    clock(findings, lambda: None, 0, 1, 0)
                kernels = [event for event in trace.key_averages() if event.device_type.name == "CUDA"]
                kernels.sort(key=lambda event: -event.self_device_time_total)
                busy = sum(event.self_device_time_total for event in kernels) / rounds
                top = [
                    (e.key[:70], e.count / rounds, round(e.self_device_time_total / rounds, 1)) for e in kernels[:12]
                ]
                count = sum(event.count for event in kernels) / rounds
                findings.tell("profile", **what, round_us=took["us"], kernels=count, busy_us=round(busy, 1), top=top)


def larger(findings: Findings, limit: float) -> None:
    """Networks that fill the device. The data is noise."""
    import torch
    from throughput import Noise

    from ganzoo.recipes.recipe import resolve
    from ganzoo.training.engine import Engine
    from ganzoo.training.prepare import prepare

    for spec, batch, shape in LARGER:
        for mode, precision in (("eager", "bf16"), ("graph", "bf16"), ("graph", "tf32"), ("graph", "fp32")):
            what = {"spec": spec, "shape": shape, "batch": batch, "way": f"{mode} {precision}"}
            with findings.trying("larger", **what):
                if findings.on_gpu:
                    torch.cuda.reset_peak_memory_stats()
                else:
                    spec, batch, mode, precision = "resnet:width=2+r3", 2, "eager", "fp32"
                    shape = (3, 16, 16)
                recipe = resolve(spec, None, {"batch": batch})
                engine = replace(Engine.choose(findings.device, shape, batch, precision, "eager"), mode=mode)
                with engine.active():
                    t = prepare(recipe, Noise(shape, 512 if findings.on_gpu else 8), engine)
                    took = clock(findings, t.round, 1.0, 3, 5)
                memory = {"gib": round(torch.cuda.max_memory_reserved() / 2**30, 2)} if findings.on_gpu else {}
                findings.tell("larger", **what, **took, images_s=round(batch / took["us"] * 1e6), **memory)
                del t
                gc.collect()


def compiled(findings: Findings, limit: float) -> None:
    """torch.compile without graphs: seconds of the first round, and what is not compiled after all."""
    from ganzoo.training.compiled import Compiled

    backend = "inductor" if findings.on_gpu else "eager"
    for case in CASES:
        with findings.trying("compiled", case=case), warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            with played(findings, case) as t:
                t.execution, began = Compiled(backend), time.perf_counter()
                t.round()
                first = time.perf_counter() - began
                took = clock(findings, t.round, 0.5, 3, 3)
            told = [str(warning.message)[:300] for warning in said]
            findings.tell("compiled", case=case, backend=backend, first_s=round(first, 1), **took, said=told)
