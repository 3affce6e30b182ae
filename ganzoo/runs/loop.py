"""The loop of a run: moves, reports of losses, evaluations, checkpoints, until the budget is spent or it must stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
from PIL.Image import Image

from ganzoo.evaluation.evaluate import apply_metrics
from ganzoo.evaluation.generated import generated
from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.scores import to_metrics
from ganzoo.interfaces.trackers import Tracker
from ganzoo.plots.picture import png_bytes
from ganzoo.runs.records import Budget, CurvePoint
from ganzoo.runs.rundir import RunDir
from ganzoo.runs.state import checkpoint_files, restore, trained_network
from ganzoo.support.errors import Diverged, Interrupted
from ganzoo.support.stop import Stop
from ganzoo.training.sampling import calibrate_statistics, classwise
from ganzoo.training.trainer import Trainer
from ganzoo.zoo.metrics.base import Evaluation, Metric

REPORT_EVERY = 100  # moves between two reports of losses, each of which waits for the device
PROGRESS_EVERY = 0.2  # seconds between two calls of `Tracker.progress`
EVALUATIONS = 10  # evaluations, pictures and checkpoints a run
SAVE_EVERY = 600.0  # seconds between checkpoints at most, where evaluations are further apart
MOST_COLUMNS = 16  # a picture has a column for each class, unless there are more


@dataclass
class Clock:
    """Seconds on the wall and of this process's cores, including those of earlier sessions."""

    wall_s: float = 0.0
    core_s: float = 0.0

    def __post_init__(self) -> None:
        self._wall, self._core = self.wall_s - time.perf_counter(), self.core_s - time.process_time()

    def read(self) -> dict[str, float]:
        """Both, as of now."""
        now = {"wall_s": self._wall + time.perf_counter(), "core_s": self._core + time.process_time()}
        return {name: round(seconds, 3) for name, seconds in now.items()}


@dataclass
class Loop:
    """One process's part in a run. The first process also evaluates and writes."""

    trainer: Trainer
    data: Dataset
    metrics: Sequence[Metric]
    folder: RunDir
    trackers: Sequence[Tracker] = ()
    curve: list[CurvePoint] = field(default_factory=list)
    """Metrics at each evaluation so far."""
    clock: Clock = field(default_factory=Clock)

    def resume(self) -> None:
        """Load the newest checkpoint that verifies, if there is one. Raises `RunError` where it is not this run's."""
        if checkpoint := self.folder.checkpoints.newest():
            state = restore(self.trainer, checkpoint)
            self.curve = msgspec.convert(state["curve"], list[CurvePoint])
            self.clock = Clock(**state["clock"])
        if self.trainer.world.first:
            scores = self.folder.trim_log(self.trainer.images)
            if scores is not None and not self._is_scored():  # measured after the checkpoint was written
                self.curve.append(CurvePoint(self.trainer.images, scores))

    def train(self) -> None:
        """Raises `Diverged`, or `Interrupted` after a signal; both leave a checkpoint if there was time for one."""
        trainer, rounds = self.trainer, self.trainer.settings.rounds
        evaluations = {math.ceil(rounds * k / EVALUATIONS) for k in range(1, EVALUATIONS + 1)}
        if trainer.moves["g"] in evaluations and trainer.world.largest(trainer.world.first and not self._is_scored()):
            # an earlier session was stopped between this checkpoint and its scores
            self._measure_statistics()
            self.evaluate()
        report_every = max(1, REPORT_EVERY // (trainer.settings.d_steps + 1))
        last_progress = self._last_save = time.monotonic()
        with Stop() as stop:
            signal = 0
            while (done := trainer.moves["g"]) < rounds and not signal:
                trainer.round()
                done += 1
                report_due = done % report_every == 0
                if report_due or done in evaluations:
                    self.report()
                if report_due or trainer.world.size == 1:  # processes that train together stop together
                    signal = trainer.world.largest(stop.received or 0)
                if done in evaluations:
                    self.save()
                    self.evaluate()
                elif report_due and time.monotonic() - self._last_save > SAVE_EVERY:
                    self.save()
                elif time.monotonic() - last_progress > PROGRESS_EVERY:
                    last_progress = time.monotonic()
                    self.tell(lambda tracker: tracker.progress(trainer.images))
            if signal and done < rounds:
                self.report()
                self.save()
                trainer.world.wait()  # a process that ends takes the others with it
                raise Interrupted(f"stopped at {trainer.images:,} images", signal)

    def tell(self, call: Callable[[Tracker], None]) -> None:
        """Call every tracker."""
        for tracker in self.trackers:
            call(tracker)

    def report(self) -> None:
        """The losses since the last report, by term. Raises `Diverged` where one is not finite."""
        images, losses = self.trainer.images, self.trainer.losses()
        if self.trainer.world.first:
            self.folder.log({"images": images, "losses": losses})
        self.tell(lambda tracker: tracker.losses(images, losses))
        if infinite := [name for name, value in losses.items() if not math.isfinite(value)]:
            raise Diverged(f"{' and '.join(infinite)} not finite after {images:,} images")

    def evaluate(self) -> None:
        """Evaluate the averaged generator as the checkpoint has it, and draw a picture."""
        if self.trainer.world.first:
            self._evaluate()
        self.trainer.world.wait()

    def _evaluate(self) -> None:
        trainer, images, latent = self.trainer, self.trainer.images, self.trainer.settings.latent
        e = generated(trainer.game, self.data, latent, lambda name: trained_network(trainer, name, self.folder.path))
        scores = apply_metrics(e, self.metrics)
        metrics = to_metrics(scores)
        self.curve.append(CurvePoint(images, metrics))
        picture = self._picture(e)
        path = self.folder.picture(images, png_bytes(picture)) if picture else None
        self.folder.log({"images": images, "metrics": metrics})
        self.tell(lambda tracker: tracker.scores(images, scores))
        if path:
            self.tell(lambda tracker: tracker.image(images, path))

    def _picture(self, e: Evaluation) -> Image | None:
        """Of the samples that were scored; of images only 64, or a column for each class."""
        classes = self.trainer.game.classes
        if e.given is not None:
            return self.data.picture(e.x[:64], e.given[:64])
        if e.x.dim() != 4:
            return self.data.picture(e.x)
        if not 0 < classes <= MOST_COLUMNS:
            return self.data.picture(e.x[:64])
        return self.data.picture(classwise(self.trainer.ema.net, self.data, self.trainer.settings.latent, classes))

    def _measure_statistics(self) -> None:
        """Put the averaged generator in eval mode, with normalisation statistics of its own weights."""
        trainer, game = self.trainer, self.trainer.game
        calibrate_statistics(trainer.ema.net, self.data, trainer.settings.latent, game.classes, "g" in game.takes)

    def _is_scored(self) -> bool:
        """Whether the curve has the scores of these weights."""
        return bool(self.curve) and self.curve[-1].images == self.trainer.images

    def save(self) -> None:
        """Write a checkpoint. Raises `Diverged` where a weight is not finite."""
        if not self.trainer.finite():
            raise Diverged(f"weights not finite after {self.trainer.images:,} images")
        self._last_save = time.monotonic()
        if self.trainer.world.first:
            self._measure_statistics()
            also = {"curve": msgspec.to_builtins(self.curve), "clock": self.clock.read()}
            self.folder.checkpoint(self.trainer.images, checkpoint_files(self.trainer, also))

    def budget(self) -> Budget:
        """What the run has taken so far."""
        moves = self.trainer.moves
        return Budget(images=self.trainer.images, d_moves=moves["d"], g_moves=moves["g"], **self.clock.read())
