"""Where the time of a recipe's moves goes, how much of the machine they use, and what would help."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.turn import Side
from ganzoo.recipes.recipe import Recipe
from ganzoo.training.engine import Engine
from ganzoo.training.instruments import FlopCounter, SpanTimer, matrix_product, peak_memory
from ganzoo.training.prepare import prepare
from ganzoo.training.trainer import Trainer

WARM = 5  # rounds before anything is measured; a captured graph is made on the fourth


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The measurement. A round is d_steps moves of D and one of G."""

    spec: str
    engine: dict[str, Any]
    images_per_s: float
    """With the engine as it trains."""
    round_ms: float
    """Milliseconds of a round with the same."""
    parts_ms: dict[str, float]
    """Milliseconds of each part of a round that is executed eagerly, without the parts that it contains."""
    flop_per_round: int
    """Multiplications and additions of convolutions and matrix products."""
    flop_per_s: float
    machine_flop_per_s: float
    """Speed of a large matrix product with the same threads and precision, measured in the same process."""
    memory_bytes: int
    """Peak memory on the device, or of this process."""
    advice: list[str]


def profile(recipe: Recipe, engine: Engine, seconds: float = 5.0) -> Profile:
    """Train for about so many seconds, and measure. Nothing is written."""
    data: Dataset = recipe.dataset.build()
    with engine.active():
        if engine.device.startswith("cuda"):
            torch.cuda.reset_peak_memory_stats(engine.device)
        eager = replace(engine, mode="eager")
        whole = sum(_seconds(_trainer(recipe, data, engine), seconds / 2).values())
        parts = _seconds(_trainer(recipe, data, eager), seconds / 2, by_part=True)
        machine = matrix_product(engine)
        trainer = _trainer(recipe, data, eager)
        with FlopCounter() as counter:  # type: ignore[no-untyped-call]
            trainer.round()
    return Profile(
        spec=recipe.spec,
        engine=asdict(engine),
        images_per_s=recipe.settings.round / whole,
        round_ms=1e3 * whole,
        parts_ms={name: 1e3 * each for name, each in parts.items()},
        flop_per_round=counter.total,
        flop_per_s=counter.total / whole,
        machine_flop_per_s=machine,
        memory_bytes=peak_memory(engine.device),
        advice=advice(recipe, engine, parts, counter.total / whole / machine),
    )


def _trainer(recipe: Recipe, data: Dataset, engine: Engine) -> Trainer:
    trainer = prepare(recipe, data, engine)
    for _ in range(WARM):
        trainer.round()
    return trainer


def _seconds(trainer: Trainer, seconds: float, by_part: bool = False) -> dict[str, float]:
    """Seconds a round, of each part where `by_part` says so, the largest first; measured for about `seconds`."""
    timer = SpanTimer(str(trainer.game.device))
    if by_part:
        _time_calls(trainer, timer)
    timer.lap()
    timer.spent.clear()
    began, rounds = time.perf_counter(), 0
    while rounds < 3 or time.perf_counter() - began < seconds:
        trainer.round()
        rounds += 1
    timer.lap()
    parts = {name or "bookkeeping": spent / rounds for name, spent in timer.spent.items()}
    return dict(sorted(parts.items(), key=lambda item: -item[1]))


def _time_calls(trainer: Trainer, timer: SpanTimer) -> None:
    """Time everything that a round calls."""
    for name in ("ask", "gather"):
        setattr(trainer.batches, name, timer.timed("data", getattr(trainer.batches, name)))
    trainer.ema.update = timer.timed("EMA", trainer.ema.update)  # type: ignore[method-assign]
    for side, player in trainer.players.items():
        vars(player.optimizer)["step"] = timer.timed("optimizer", player.optimizer.step)
        player.net.forward = timer.timed(f"{side.upper()} forward", player.net.forward)
    for term in trainer.terms:
        for name in ("turn", "d", "g"):
            setattr(term, name, timer.timed(f"{term.name}", getattr(term, name)))
    shard = trainer.shard

    def timed_shard(side: Side, *more: Any) -> Any:
        return timer.timed(f"backward in {side.upper()}'s move", shard)(side, *more)

    vars(trainer)["shard"] = timed_shard


def advice(recipe: Recipe, engine: Engine, parts: dict[str, float], used: float) -> list[str]:
    """What would help, by rules on what was measured."""
    whole, hints = sum(parts.values()), list[str]()
    share = {name: spent / whole for name, spent in parts.items()}
    around = sum(share.get(name, 0.0) for name in ("data", "optimizer", "EMA", "bookkeeping"))
    if around > 0.25:
        hints.append(f"{around:.0%} of a round is spent outside of the networks: a larger -s batch= reduces that share")
    for name in [part.name for part in recipe.regularizers if share.get(part.name, 0) > 0.2]:
        if not recipe.loss.cls.relativistic:
            hints.append(f"{name} takes {share[name]:.0%}: {name}:every=4 counts it on each fourth move")
    if engine.device.startswith("cuda") and engine.mode == "eager":
        hints.append("--engine graph executes moves without Python, where every part is capturable")
    if engine.device.startswith("cuda") and engine.precision == "fp32":
        hints.append("-s precision=bf16 computes forwards on tensor cores")
    if not engine.device.startswith("cuda") and used < 0.3 and engine.mode == "eager":
        hints.append(f"moves reach {used:.0%} of the speed of a matrix product: --engine compile may help a long run")
    return hints
