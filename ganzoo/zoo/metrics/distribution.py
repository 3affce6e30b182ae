"""A picture of generated against real data: features in the plane, and distributions of levels and scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from ganzoo.interfaces.scores import Score
from ganzoo.plots.theme import COLOURS, add_axes, add_text, new_figure, render
from ganzoo.zoo.metrics.base import Evaluation, SampleSet
from ganzoo.zoo.metrics.baselines import common_n, with_baselines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_TSNE = 1_000  # samples of each, whose t-SNE takes seconds
SIDE, MARGIN, BINS = 3.2, 0.65, 64
"""Inches of a panel and of its left margin; bins of a histogram."""
REAL, FAKE = COLOURS[:2]


def distance(a: Tensor, b: Tensor) -> float:
    """The 1-Wasserstein distance between numbers (N,) and (M,)."""
    from scipy.stats import wasserstein_distance  # slow to import

    return float(wasserstein_distance(a.double().numpy(), b.double().numpy()))


def components(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Features (N, F) and (M, F) -> (N, 2) and (M, 2): on the two axes along which the real ones vary most."""
    real, fake = (F.pad(x.double(), (0, max(0, 2 - x.shape[1]))) for x in (real, fake))
    centre = real.mean(0)
    _, vectors = torch.linalg.eigh(torch.cov(real.T))
    axes = vectors[:, -2:].flip(1)
    return (real - centre) @ axes, (fake - centre) @ axes


def neighbours(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """The same, but neighbours stay neighbours: t-SNE (van der Maaten, Hinton 2008) of at most `MAX_TSNE` each."""
    from sklearn.manifold import TSNE  # slow to import

    real, fake = real[:MAX_TSNE], fake[:MAX_TSNE]
    both = torch.cat([real, fake]).double().numpy()
    tsne = TSNE(init="pca", perplexity=min(30, (len(both) - 1) / 3), random_state=0)
    placed = torch.from_numpy(tsne.fit_transform(both)).double()
    return placed[: len(real)], placed[len(real) :]


def draw_features(axes: Axes, real: Tensor, fake: Tensor) -> None:
    """Points (N, 2) and (M, 2), in an order that puts neither over the other."""
    order = torch.randperm(len(real) + len(fake), generator=torch.Generator().manual_seed(0))
    colours = np.array([REAL] * len(real) + [FAKE] * len(fake))[order]
    x, y = torch.cat([real, fake])[order].T.numpy()
    axes.scatter(x, y, s=5, c=colours, alpha=0.5, linewidths=0)
    axes.set(xticks=[], yticks=[])


def draw_histograms(axes: Axes, real: Tensor, fake: Tensor) -> None:
    """Shares of numbers (N,) and (M,) in equal bins over the range of both, on a square-root scale."""
    whole = torch.cat([real, fake]).double()
    limits = (whole.min().item(), whole.max().item() + 1e-9)
    axes.set_yscale("function", functions=(np.sqrt, np.square))
    for numbers, colour in ((real, REAL), (fake, FAKE)):
        count, edges = np.histogram(numbers.double().numpy(), BINS, limits)
        axes.stairs(count / len(numbers), edges, color=colour, linewidth=1.2)
    axes.set_xlim(*limits)
    axes.set_ylim(0)
    axes.locator_params(nbins=6)
    axes.yaxis.set_major_formatter("{x:.1%}")


@dataclass
class Distribution:
    """The distance between distributions of levels, and a picture, which `ganzoo eval --pictures FOLDER` writes.

    `levels.w1` is the 1-Wasserstein distance between the levels of all pixels, or all numbers of other data, of the
    samples and of as many real ones, in their own units. The picture has real data in blue and samples in orange: their
    features on the two axes along which those of real data vary most (PCA, Pearson 1901), or by t-SNE with `view=tsne`;
    the histogram of levels; and that of D's scores, or without D, of the judge's confidence.
    """

    extractor: str = "judge"
    """Whose features."""
    view: Literal["pca", "tsne"] = "pca"
    """How features are projected to the plane; in t-SNE, distances beyond a point's neighbours mean little."""

    better = {"levels.w1": "lower"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """The protocol names the reference, and n of each."""
        n = common_n(e)
        real = e.training_samples(n)

        def measure(samples: SampleSet) -> dict[str, float]:
            return {"levels.w1": distance(samples.x.flatten(), real.x.flatten())}

        return with_baselines(e, n, f"ref={e.reference('train')},n={n}", measure)

    def picture(self, e: Evaluation) -> Image.Image:
        """Panels side by side."""
        n, extractor = common_n(e), e.extractor(self.extractor)
        real, fake = e.training_samples(n), e.samples(n)
        project = components if self.view == "pca" else neighbours
        points = project(*(samples.features_of(extractor, e.progress) for samples in (real, fake)))
        levels = {"image": "levels", "points": "coordinates"}.get(e.data.kind, "numbers")
        panels: list[tuple[str, Callable[[Axes, Tensor, Tensor], None], tuple[Tensor, Tensor]]] = [
            (f"{self.view} of {extractor.key}", draw_features, points),
            (f"{levels}: share per bin", draw_histograms, (real.x.flatten(), fake.x.flatten())),
        ]
        if scores := self._scores(e, real, fake):
            panels.append((f"{scores[2]}: share per bin", draw_histograms, scores[:2]))
        figure = new_figure((SIDE + MARGIN) * len(panels), SIDE + 1)
        for i, (title, draw, values) in enumerate(panels):
            left = i * (SIDE + MARGIN) + MARGIN - 0.15
            draw(add_axes(figure, left, 0.35, SIDE, SIDE), *values)
            add_text(figure, left, SIDE + 0.7, title, 11)
            add_text(figure, left, SIDE + 0.45, "\N{BLACK CIRCLE} real data", 9, REAL)
            add_text(figure, left + 0.95, SIDE + 0.45, "\N{BLACK CIRCLE} samples", 9, FAKE)
        return render(figure)

    def _scores(self, e: Evaluation, real: SampleSet, fake: SampleSet) -> tuple[Tensor, Tensor, str] | None:
        if e.source and (d := e.source.discriminator):
            return d(real.x, real.y, real.given), d(fake.x, fake.y, fake.given), "scores of D"
        if decide := getattr(e.data.extractor, "decide", None):
            a, b = (decide(samples.features).float().softmax(-1).amax(-1).flatten() for samples in (real, fake))
            return a, b, "confidence of the judge"
        return None
