"""Measures the trainer on a CUDA GPU: its graphs against a hand-written loop, and against its own eager execution.

    python benchmarks/speed/gpu.py [CASE ...] [--device cuda] [--blocks 12] [--write]

The hand-written loop makes the same draws, and in fp32 it computes without TF32, as ganzoo does. Before anything is
timed, parameters are counted and the gradients of D's first move compared (1e-5; in float64, where no rounding turns
the sign of an activation). Each contestant is a process of its own, with the settings that it makes there; blocks of
both are interleaved, and what counts is the median of the ratio of neighbouring blocks. `--device cpu` tries the script
where there is no GPU: graphs run as they come, and nothing is written.
"""

import argparse
import statistics
from contextlib import ExitStack
from dataclasses import replace

import torch
from contestant import Clocked, Contestant, compared
from rivals import Handwritten, count
from rows import keep
from throughput import Noise, same_game

from ganzoo.recipes.recipe import resolve
from ganzoo.training.engine import Engine
from ganzoo.training.prepare import prepare

# spec, loss of the hand-written loop, settings, shape of a sample
CASES = {
    "dcgan32": ("dcgan:width=32+bce", "bce", {"batch": 64}, (1, 32, 32)),
    "dcgan32-wgangp": ("dcgan:width=32+wgangp", "wgangp", {"batch": 64}, (1, 32, 32)),
    "resnet32": ("resnet:width=128+hinge", "hinge", {"batch": 64, "d_steps": 5}, (3, 32, 32)),
    "ring8": ("mlp+bce@ring8", "bce", {}, (2,)),
}
# case, ours, the other, the least ratio (None: shown); "graph bf16" is ganzoo in that mode and precision
CONTESTS = [
    ("dcgan32", "graph bf16", "hand-written", 4.0),
    ("dcgan32", "graph fp32", "hand-written", None),
    ("dcgan32-wgangp", "graph fp32", "eager fp32", 2.5),
    ("dcgan32-wgangp", "graph bf16", "eager bf16", None),
    ("resnet32", "graph fp32", "hand-written", 1.3),
    ("resnet32", "graph bf16", "graph fp32", 1.0),
    ("ring8", "graph fp32", "hand-written", None),
]


class Way(Clocked):
    """A case, trained in some way on some device."""

    def __init__(self, case: str, way: str, device: str) -> None:
        self.open = ExitStack()
        spec, loss, given, shape = CASES[case]
        recipe, data = resolve(spec, None, given), Noise(shape)
        engine = engine_of(case, way, device)
        self.open.enter_context(engine.active())
        trainer = prepare(recipe, data, engine)
        if way == "hand-written":
            x, game = data.encode(data.train.x), trainer.game
            self.round = Handwritten(game.g.net, game.d.net, x, recipe.settings, loss).round
        else:
            self.round = trainer.round


def engine_of(case: str, way: str, device: str) -> Engine:
    """Of a contestant. A hand-written loop has no layout of its own, nor ganzoo's precision."""
    _, _, given, shape = CASES[case]
    mode, _, precision = ("eager", "", "fp32") if way == "hand-written" else way.partition(" ")
    engine = Engine.choose(device, shape, given.get("batch", 256), precision, "eager")
    if way == "hand-written":
        return replace(engine, layout="contiguous")
    return replace(engine, mode=mode if engine.device.startswith("cuda") else "eager")


def checked(case: str, device: str) -> None:
    """Raise where the hand-written loop has other networks, or makes other gradients; rounding aside."""
    spec, loss, given, shape = CASES[case]
    recipe, data = resolve(spec, None, given), Noise(shape)
    engine = replace(engine_of(case, "hand-written", device), precision="fp64")
    with engine.active():
        ours, theirs = (prepare(recipe, data, engine) for _ in range(2))
        nets = theirs.game.g.net, theirs.game.d.net
        rival = Handwritten(*nets, data.encode(data.train.x), recipe.settings, loss)
        assert [count(net) for net in nets] == [count(ours.game.g.net), count(ours.game.d.net)]
        same_game(ours, rival, ours.batches("d", 0, recipe.settings.batch)[0])


def contest(case: str, ours: str, other: str, least: float | None, device: str, blocks: int) -> dict:
    """Interleaved blocks of about half a second each."""
    if other == "hand-written":
        checked(case, device)
    both = [Contestant(Way, case, way, device) for way in (ours, other)]
    first = [one.clock(1) for one in both]
    for one in both:
        one.clock(8)  # graphs are captured on the fourth
    rounds = max(1, int(0.5 / min(one.clock(5) for one in both)))
    pairs = [tuple(one.clock(rounds) for one in both) for _ in range(blocks)]
    for one in both:
        one.end()
    recipe = resolve(CASES[case][0], None, CASES[case][2])
    rates = [statistics.median(took) for took in zip(*pairs, strict=True)]
    row = {"case": case, "spec": CASES[case][0], "ours": ours, "other": other, "least": least, **compared(pairs)}
    row |= {"first_s": [round(seconds, 2) for seconds in first], "rounds_per_s": [round(1 / s, 1) for s in rates]}
    return row | {"images_per_s": [round(recipe.settings.round / seconds) for seconds in rates]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=f"of {', '.join(CASES)}")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--write", action="store_true", help="append to gpu.jsonl")
    arguments = parser.parse_args()
    on_gpu = arguments.device != "cpu"
    name = torch.cuda.get_device_name(arguments.device) if on_gpu else "CPU: nothing of this is a measurement"
    for case, *ways in CONTESTS:
        if case in arguments.cases:
            row = {"device": name, **contest(case, *ways, arguments.device, arguments.blocks)}
            keep(row, f"python benchmarks/speed/gpu.py {case}", "gpu.jsonl", arguments.write and on_gpu)


if __name__ == "__main__":
    import gpu  # by this name, contestants find its classes

    gpu.main()
