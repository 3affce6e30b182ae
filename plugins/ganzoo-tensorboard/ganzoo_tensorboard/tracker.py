"""A tracker that writes TensorBoard's event files. The step axis is the number of real images shown to D."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

import ganzoo


@dataclass
class TensorBoard(ganzoo.Tracker):
    """Scalars of losses by term, of metrics and of speed, grids of samples, and the recipe as text and parameters.

    A resumed run hides what an earlier session wrote after the checkpoint, so that no step appears twice; a run that
    starts again hides everything (TensorBoard's `purge_step`). Nothing is deleted.
    """

    folder: Path | None = None
    """Where to write RECIPE/ID-sSEED, as below `runs/`; none: to `tensorboard/` in the run's own directory."""

    def start(self, run):
        """Open an event file, and write the recipe to it. Raises `RunError` where the folder cannot be written."""
        done, folder = run["done"], self.event_folder(Path(run["path"]).resolve())
        try:
            self.writer = SummaryWriter(folder, purge_step=done + 1 if done else 0)
        except OSError as error:
            raise ganzoo.RunError(
                f"tensorboard: {folder} cannot be written ({error.strerror}); give another --tracker "
                "tensorboard:folder=FOLDER, or leave it out"
            ) from None
        self.images, self.core_s = done, time.process_time()
        self.writer.add_text("recipe", recipe(run), done)

    def event_folder(self, path):
        """The folder for event files of the run in `path`."""
        return self.folder / path.parent.name / path.name if self.folder else path / "tensorboard"

    def losses(self, images, losses):
        """Curves named by player and term, such as losses/d/bce."""
        for name, value in losses.items():
            if value is not None:
                self.writer.add_scalar(f"losses/{name}", value, images)
        self.log_speed(images)

    def scores(self, images, scores):
        """Curves named by name and protocol, such as metrics/fid[...]. Undefined scores are left out."""
        for score in scores:
            if score.value is not None:
                self.writer.add_scalar(f"metrics/{score.key}", score.value, images)
        self.images, self.core_s = images, time.process_time()

    def log_speed(self, images):
        """The speed of training alone: an evaluation resets the clock."""
        now = time.process_time()
        if images > self.images:
            self.writer.add_scalar("speed/images_per_core_second", (images - self.images) / (now - self.core_s), images)
        self.images, self.core_s = images, now

    def image(self, images, path):
        """A grid of samples, or a scatter plot of points."""
        with Image.open(path) as picture:
            self.writer.add_image("samples", np.asarray(picture.convert("RGB")), images, dataformats="HWC")
        self.writer.flush()

    def finish(self, result):
        """Write the result, and the run's row of hyperparameters."""
        images = result.budget.images
        self.writer.add_text("result", summary_of(result), images)
        scores = {f"metrics/{key}": value for key, value in result.metrics.items() if value is not None}
        if scores:
            settings = {"spec": result.spec, "seed": result.seed, **result.settings}
            plain = {k: v if isinstance(v, bool | int | float | str) else str(v) for k, v in settings.items()}
            for summary in hparams(plain, scores):
                self.writer.file_writer.add_summary(summary, images)
        self.writer.close()


def recipe(run):
    """The recipe and its settings in Markdown."""
    facts = {name: run[name] for name in ("spec", "id", "seed", "budget", "parameters", "chosen", "engine")}
    settings = {name: f"{value} ({run['setting_sources'][name]})" for name, value in run["settings"].items()}
    warnings = "\n".join(f"- {warning}" for warning in run["warnings"])
    return f"{table(facts)}\n\n### Settings\n\n{table(settings)}\n\n{warnings}"


def summary_of(result):
    """Status, cost and scores of a run in Markdown."""
    cost = {name: getattr(result.budget, name) for name in ("images", "d_moves", "g_moves", "wall_s", "core_s")}
    return table({"status": result.status, "message": result.message or "none", **cost, **result.metrics})


def table(facts):
    """A Markdown table with a row for each fact."""
    return "\n".join(["| what | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts.items())])
