"""The loop of a run: moves, reports of losses, evaluations, checkpoints, until the budget is spent or it must stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import msgspec
from torch import Tensor

from ganzoo.evaluation.evaluate import apply_metrics
from ganzoo.evaluation.generated import FindNetwork, generated
from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.scores import to_metrics
from ganzoo.interfaces.trackers import Tracker
from ganzoo.runs.album import picture_of, shown
from ganzoo.runs.clock import Clock
from ganzoo.runs.judging import Judged, Judging, judging
from ganzoo.runs.records import Budget, CurvePoint
from ganzoo.runs.rundir import RunDir
from ganzoo.runs.state import checkpoint_files, networks_as_of_now, restore, trained_network
from ganzoo.support.errors import Diverged, Interrupted
from ganzoo.support.stop import Stop
from ganzoo.training.sampling import calibrate_statistics
from ganzoo.training.trainer import Trainer
from ganzoo.zoo.metrics.base import Evaluation, Metric

REPORT_EVERY = 100  # moves between two reports of losses, each of which waits for the device
PROGRESS_EVERY = 0.2  # seconds between two calls of `Tracker.progress`
EVALUATIONS = 10  # evaluations, pictures and checkpoints a run
SAVE_EVERY = 600.0  # seconds between checkpoints at most, where evaluations are further apart


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
    worker: Judging | None = field(default=None, init=False)
    """Where evaluation is beside training: what computes the scores."""

    def resume(self) -> None:
        """Load the newest checkpoint that verifies, if there is one. Raises `RunError` where it is not this run's."""
        if checkpoint := self.folder.checkpoints.newest():
            state = restore(self.trainer, checkpoint)
            self.curve = msgspec.convert(state["curve"], list[CurvePoint])
            self.clock = Clock(**state["clock"])
        if self.trainer.world.first:
            logged = self.folder.trim_log(self.trainer.images)
            for images in logged.keys() - {point.images for point in self.curve}:  # since the checkpoint was written
                self.curve.append(CurvePoint(images, logged[images]))
            self.curve.sort(key=lambda point: point.images)

    def train(self) -> None:
        """Raises `Diverged`, or `Interrupted` after a signal; both leave a checkpoint if there was time for one."""
        trainer, rounds = self.trainer, self.trainer.settings.rounds
        evaluations = {math.ceil(rounds * k / EVALUATIONS) for k in range(1, EVALUATIONS + 1)}
        if trainer.moves["g"] in evaluations and trainer.world.largest(trainer.world.first and not self._is_scored()):
            # an earlier session was stopped between this checkpoint and its scores
            self._measure_statistics()
            self.evaluate()
        worker = judging(self.data, self.metrics, trainer.game.device) if trainer.world.first else nullcontext()
        with Stop() as stop, worker as self.worker:
            try:
                self._train(rounds, evaluations, stop)
            except Diverged:
                self.take_scores()
                raise

    def _train(self, rounds: int, evaluations: Collection[int], stop: Stop) -> None:
        trainer, signal = self.trainer, 0
        report_every = max(1, REPORT_EVERY // (trainer.settings.d_steps + 1))
        last_progress = self._last_save = time.monotonic()
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
                self.take_scores(wait=False)
        if signal and done < rounds:
            self.report()
            self.save()
            self.take_scores()
            trainer.world.wait()  # a process that ends takes the others with it
            raise Interrupted(f"stopped at {trainer.images:,} images", signal)
        self.take_scores()
        if trainer.world.first and not self._is_scored():  # the worker could not
            self._evaluate_in_line()

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
        """Evaluate the averaged generator as the checkpoint has it, and draw a picture; or have the worker do so."""
        if not self.trainer.world.first:
            return
        self.take_scores()
        if self.worker and self.worker.ready():
            self.worker.begin(self.trainer.images, *self._samples(networks_as_of_now(self.trainer, self.folder.path)))
        else:
            self._evaluate_in_line()

    def take_scores(self, wait: bool = True) -> None:
        """Log the scores that the worker is computing, if it is; without waiting, only if they are there."""
        if self.worker and (judged := self.worker.take(wait)):
            self._log_scores(judged)

    def _evaluate_in_line(self) -> None:
        e, samples = self._samples(lambda name: trained_network(self.trainer, name, self.folder.path))
        scores = apply_metrics(e, self.metrics)
        self._log_scores(Judged(self.trainer.images, scores, picture_of(self.data, samples)))

    def _samples(self, network: FindNetwork) -> tuple[Evaluation, tuple[Tensor, ...]]:
        """What is scored, and what the picture shows."""
        game, latent = self.trainer.game, self.trainer.settings.latent
        e = generated(game, self.data, latent, network)
        return e, shown(e, self.trainer.ema.net, latent, game.classes)

    def _log_scores(self, judged: Judged) -> None:
        images, scores, png = judged
        metrics = to_metrics(scores)
        self.curve.append(CurvePoint(images, metrics))
        path = self.folder.picture(images, png) if png else None
        self.folder.log({"images": images, "metrics": metrics})
        self.tell(lambda tracker: tracker.scores(images, scores))
        if path:
            self.tell(lambda tracker: tracker.image(images, path))

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
        self.take_scores(wait=False)
        if self.trainer.world.first:
            self._measure_statistics()
            also = {"curve": msgspec.to_builtins(self.curve), "clock": self._taken()}
            self.folder.checkpoint(self.trainer.images, checkpoint_files(self.trainer, also))

    def _taken(self) -> dict[str, float]:
        return self.clock.read(self.worker.core_s if self.worker else 0.0)

    def budget(self) -> Budget:
        """What the run has taken so far."""
        moves = self.trainer.moves
        return Budget(images=self.trainer.images, d_moves=moves["d"], g_moves=moves["g"], **self._taken())
