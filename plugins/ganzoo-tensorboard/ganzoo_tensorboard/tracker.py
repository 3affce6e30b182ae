"""A tracker that writes TensorBoard's event files. The step of everything is the images that D has seen."""

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

    A run that goes on hides what an earlier session wrote beyond the checkpoint, so that no step comes twice; one that
    begins again hides all of it (TensorBoard's `purge_step`). Nothing is removed.
    """

    folder: Path | None = None
    """Where it writes RECIPE/ID-sSEED, as below `runs/`; none: into `tensorboard/` of the run's own directory."""

    def start(self, run):
        """Open a file, which says what is trained."""
        done, where = run["done"], self.place(Path(run["path"]).resolve())
        try:
            self.writer = SummaryWriter(where, purge_step=done + 1 if done else 0)
        except OSError as error:
            raise ganzoo.RunError(
                f"tensorboard: {where} cannot be written ({error.strerror}); give another --tracker "
                "tensorboard:folder=FOLDER, or leave it out"
            ) from None
        self.images, self.core_s = done, time.process_time()
        self.writer.add_text("recipe", recipe(run), done)

    def place(self, path):
        """The folder of event files of the run in `path`."""
        return self.folder / path.parent.name / path.name if self.folder else path / "tensorboard"

    def losses(self, images, losses):
        """Named after player and term, as in losses/d/bce."""
        for name, value in losses.items():
            if value is not None:
                self.writer.add_scalar(f"losses/{name}", value, images)
        self.speed(images)

    def scores(self, images, scores):
        """Named by name and protocol, as in metrics/fid[...]."""
        for score in scores:
            if score.value is not None:
                self.writer.add_scalar(f"metrics/{score.key}", score.value, images)
        self.images, self.core_s = images, time.process_time()

    def speed(self, images):
        """Of training alone, since evaluations reset the clock."""
        now = time.process_time()
        if images > self.images:
            self.writer.add_scalar("speed/images_per_core_second", (images - self.images) / (now - self.core_s), images)
        self.images, self.core_s = images, now

    def image(self, images, path):
        """A grid of samples, or the plane of points."""
        with Image.open(path) as picture:
            self.writer.add_image("samples", np.asarray(picture.convert("RGB")), images, dataformats="HWC")
        self.writer.flush()

    def finish(self, result):
        """How it ended, what it took, and a row among the parameters of all runs."""
        images = result.budget.images
        self.writer.add_text("result", ending(result), images)
        scores = {f"metrics/{key}": value for key, value in result.metrics.items() if value is not None}
        if scores:
            said = {"spec": result.spec, "seed": result.seed, **result.settings}
            plain = {k: v if isinstance(v, bool | int | float | str) else str(v) for k, v in said.items()}
            for part in hparams(plain, scores):
                self.writer.file_writer.add_summary(part, images)
        self.writer.close()


def recipe(run):
    """What is trained, as Markdown."""
    facts = {name: run[name] for name in ("spec", "id", "seed", "budget", "parameters", "chosen", "engine")}
    settings = {name: f"{value} ({run['setting_sources'][name]})" for name, value in run["settings"].items()}
    warned = "\n".join(f"- {said}" for said in run["warnings"])
    return f"{table(facts)}\n\n### Settings\n\n{table(settings)}\n\n{warned}"


def ending(result):
    """How a run ended, as Markdown."""
    took = {name: getattr(result.budget, name) for name in ("images", "d_moves", "g_moves", "wall_s", "core_s")}
    return table({"status": result.status, "message": result.message or "none", **took, **result.metrics})


def table(facts):
    """A row for each."""
    return "\n".join(["| what | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts.items())])
