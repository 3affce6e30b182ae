"""One process's part in a run: moves, reports, checkpoints, evaluations, and how it ends."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import shorten
from typing import Any

import msgspec
import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from ganzoo.evaluation.evaluate import evaluate
from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.scores import to_metrics
from ganzoo.interfaces.terms import Game
from ganzoo.interfaces.trackers import Tracker
from ganzoo.plots.picture import picture, png
from ganzoo.runs.records import Budget, Point
from ganzoo.runs.rundir import RunDir
from ganzoo.support.errors import Diverged, Interrupted, RunError
from ganzoo.support.messages import nearest, sentence
from ganzoo.support.seeds import seed_of
from ganzoo.support.stop import Stop
from ganzoo.training.sampling import classwise, draw, evaluation_labels, settle
from ganzoo.training.trainer import Trainer
from ganzoo.zoo.metrics.base import Metric
from ganzoo.zoo.nn.norm import normalise_by_batch

REPORT = 100  # moves between two looks at the losses, each of which waits for the device
TICK = 0.2  # seconds between two words to the trackers
MARKS = 10  # evaluations, pictures and checkpoints a run
COLUMNS = 16  # classes that a picture has a column for; where there are more, it shows any of them


@contextmanager
def fitting(checkpoint: Path) -> Iterator[None]:
    """Whatever loading a checkpoint that verifies raises becomes a sentence: it was not made by this recipe."""
    try:
        yield
    except Exception as error:
        raise RunError(
            f"{checkpoint} does not fit the recipe of its run ({shorten(sentence(error), 200)}); remove it, or run "
            "again with --force"
        ) from error


def restored(game: Game, folder: RunDir, name: str) -> nn.Module:
    """The generator, the discriminator or a companion, of the newest checkpoint, in eval mode. Raises `RunError`."""
    nets = {"generator": game.g.net, "discriminator": game.d.net, **game.g.companions, **game.d.companions}
    if name not in nets:
        raise RunError(f"{folder.path} has no network {name!r}{nearest(name, nets)}")
    if (checkpoint := folder.latest()) is None:
        raise RunError(f"{folder.path} has no checkpoint yet; run it for longer")
    with fitting(checkpoint):
        file = "d" if name == "discriminator" else name
        nets[name].load_state_dict(load_file(checkpoint / f"{file}.safetensors"))
    net = nets[name].eval().requires_grad_(False)
    if name == "discriminator":
        normalise_by_batch(net)
    return net


@dataclass
class Clock:
    """Seconds on the wall and of this process's cores, with those of earlier sessions."""

    wall_s: float = 0.0
    core_s: float = 0.0

    def __post_init__(self) -> None:
        self._wall, self._core = self.wall_s - time.perf_counter(), self.core_s - time.process_time()

    def read(self) -> dict[str, float]:
        """Both, as of now."""
        now = {"wall_s": self._wall + time.perf_counter(), "core_s": self._core + time.process_time()}
        return {name: round(seconds, 3) for name, seconds in now.items()}


@dataclass
class Session:
    """Trains until the budget is spent, or it must stop."""

    trainer: Trainer
    data: Dataset
    metrics: Sequence[Metric]
    folder: RunDir
    trackers: Sequence[Tracker]
    curve: list[Point] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)

    def resume(self) -> None:
        """Go on from the newest checkpoint that verifies, or begin. Raises `RunError` where it is not this run's."""
        if checkpoint := self.folder.latest():
            with fitting(checkpoint):
                self.load(checkpoint)
        if self.trainer.world.first:
            self.folder.trim_log(self.trainer.images)

    def load(self, checkpoint: Path) -> None:
        """Everything as it was when the checkpoint was written."""
        for name, net in self.networks().items():
            net.load_state_dict(load_file(checkpoint / f"{name}.safetensors"))
        state = torch.load(checkpoint / "state.pt", weights_only=True, map_location=self.trainer.game.device)
        self.trainer.load_state_dict(state["trainer"])
        self.curve = msgspec.convert(state["curve"], list[Point])
        self.clock = Clock(**state["clock"])

    def networks(self) -> dict[str, nn.Module]:
        """By the names of their files."""
        game = self.trainer.game
        own = {"g": game.g.net, "d": game.d.net, "generator": self.trainer.average.net}
        return {**own, **game.g.companions, **game.d.companions}

    def train(self) -> None:
        """Raises `Diverged` or `Interrupted`; a checkpoint is there in either case if there was time for one."""
        trainer, rounds = self.trainer, self.trainer.settings.rounds
        marks = {math.ceil(rounds * k / MARKS) for k in range(1, MARKS + 1)}
        look = max(1, REPORT // (trainer.settings.d_steps + 1))
        ticked = time.monotonic()
        with Stop() as stop:
            asked = 0
            while (done := trainer.moves["g"]) < rounds and not asked:
                trainer.round()
                done += 1
                if done % look == 0 or done in marks:
                    self.report()
                if done % look == 0 or trainer.world.size == 1:  # processes that train together stop together
                    asked = trainer.world.largest(stop.received or 0)
                if done in marks:
                    self.mark()
                elif time.monotonic() - ticked > TICK:
                    ticked = time.monotonic()
                    self.tell({})
            if asked and done < rounds:
                self.report()
                self.settle()
                self.save()
                trainer.world.wait()  # one that leaves takes the others along
                raise Interrupted(f"stopped at {trainer.images:,} images", asked)

    def tell(self, values: Mapping[str, Any]) -> None:
        """Pass on to every tracker."""
        for tracker in self.trackers:
            tracker.log(self.trainer.images, values)

    def report(self) -> None:
        """Losses by term since the last report. Raises `Diverged` where one is no number."""
        losses = self.trainer.losses()
        if self.trainer.world.first:
            self.folder.log({"images": self.trainer.images, "losses": losses})
        self.tell(losses)
        if broken := [name for name, value in losses.items() if not math.isfinite(value)]:
            raise Diverged(f"{' and '.join(broken)} not finite after {self.trainer.images:,} images")

    def mark(self) -> None:
        """Evaluate, draw a picture, write a checkpoint. Raises `Diverged` where a weight is no number."""
        if not self.trainer.finite():
            raise Diverged(f"weights not finite after {self.trainer.images:,} images")
        if self.trainer.world.first:
            self.show()
        self.trainer.world.wait()

    def show(self) -> None:
        """What a mark leaves behind."""
        images, latent, classes = self.trainer.images, self.trainer.settings.latent, self.trainer.game.classes
        generator, y = self.settle(), evaluation_labels(self.data, classes)
        samples = draw(generator, self.data, latent, self.data.n_eval, seed_of("evaluation"), y)
        values = to_metrics(evaluate(self.data, samples, self.metrics, y))
        self.curve.append(Point(images, values))
        if samples.dim() == 4:
            samples = classwise(generator, self.data, latent, classes) if 0 < classes <= COLUMNS else samples[:64]
        shown = picture(samples, self.data)
        path = self.folder.picture(images, png(shown)) if shown else None
        self.folder.log({"images": images, "metrics": values})
        self.save()
        self.tell(values)
        if path:
            for tracker in self.trackers:
                tracker.image(images, path)

    def settle(self) -> nn.Module:
        """The averaged generator, ready to draw from."""
        trainer = self.trainer
        return settle(trainer.average.net, self.data, trainer.settings.latent, trainer.game.classes)

    def save(self) -> None:
        """Write a checkpoint."""
        if not self.trainer.world.first:
            return
        files = {f"{name}.safetensors": save(_contiguous(net)) for name, net in self.networks().items()}
        state = {
            "trainer": self.trainer.state_dict(),
            "curve": msgspec.to_builtins(self.curve),
            "clock": self.clock.read(),
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        self.folder.checkpoint(self.trainer.images, {**files, "state.pt": buffer.getvalue()})

    def budget(self) -> Budget:
        """What the run has taken so far."""
        moves = self.trainer.moves
        return Budget(images=self.trainer.images, d_moves=moves["d"], g_moves=moves["g"], **self.clock.read())


def _contiguous(net: nn.Module) -> dict[str, Tensor]:
    return {name: value.contiguous() for name, value in net.state_dict().items()}
