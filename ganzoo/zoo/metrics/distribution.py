"""A picture of generated against real data: features in the plane, and distributions of levels and scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from ganzoo.interfaces.scores import Score
from ganzoo.zoo.metrics.base import Evaluation, SampleSet
from ganzoo.zoo.metrics.baselines import common_n, with_baselines

MAX_TSNE = 1_000  # samples of each, whose t-SNE takes seconds
SIDE, HEAD, GAP, BINS = 320, 20, 10, 64
"""Pixels of a panel, of its title, between panels; bins of a histogram."""
REAL, FAKE = (0, 114, 178), (213, 94, 0)
"""Blue and orange, which colour-blind people can tell apart too (Okabe, Ito 2008)."""


def distance(a: Tensor, b: Tensor) -> float:
    """The 1-Wasserstein distance between numbers (N,) and (M,)."""
    from scipy.stats import wasserstein_distance  # slow to import

    return float(wasserstein_distance(a.double().numpy(), b.double().numpy()))


def components(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Features (N, F) and (M, F) -> (N, 2) and (M, 2): on the two axes along which the real ones vary most."""
    real, fake = real.double(), fake.double()
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


def scatter(real: Tensor, fake: Tensor, title: str) -> Image.Image:
    """Densities of points (N, 2) and (M, 2), overlaid, on a logarithmic scale, over the range of both."""
    whole = torch.cat([real, fake])
    low, high = whole.amin(0), whole.amax(0)
    limits = list(zip(low.tolist(), (high + 1e-9).tolist(), strict=True))
    sheet = np.full((SIDE, SIDE, 3), 255.0)
    for points, colour in ((real, REAL), (fake, FAKE)):
        counts, _, _ = np.histogram2d(points[:, 0].numpy(), points[:, 1].numpy(), bins=SIDE // 4, range=limits)
        shade = (np.log1p(counts) / max(np.log1p(counts).max(), 1e-9)).T[::-1].repeat(4, 0).repeat(4, 1)
        sheet *= 1 - shade[..., None] * (1 - np.array(colour) / 255)  # multiplied, as overlaid inks are
    return _titled(Image.fromarray(sheet.astype(np.uint8)), title)


def histogram(real: Tensor, fake: Tensor, title: str) -> Image.Image:
    """Shares of numbers (N,) and (M,) in equal bins over the range of both, on a square-root scale."""
    whole = torch.cat([real, fake]).double()
    limits = (whole.min().item(), whole.max().item() + 1e-9)
    shares = [np.histogram(x.double().numpy(), BINS, limits)[0] / len(x) for x in (real, fake)]
    top = max(share.max() for share in shares)
    panel = Image.new("RGB", (SIDE, SIDE), "white")
    draw = ImageDraw.Draw(panel)
    for share, colour in zip(shares, (REAL, FAKE), strict=True):
        heights = SIDE - 2 - np.sqrt(share / top) * (SIDE - 24)
        steps = [(x, y) for i, y in enumerate(heights) for x in (i * SIDE / BINS, (i + 1) * SIDE / BINS)]
        draw.line(steps, fill=colour, width=2)
    draw.text((4, 4), f"{limits[0]:.3g} to {limits[1]:.3g}", fill="grey")
    return _titled(panel, title)


def _titled(panel: Image.Image, title: str) -> Image.Image:
    whole = Image.new("RGB", (SIDE, SIDE + HEAD), "white")
    whole.paste(panel, (0, HEAD))
    ImageDraw.Draw(whole).text((4, 4), title, fill="black")
    return whole


@dataclass
class Distribution:
    """The distance between distributions of levels, and a picture, which `ganzoo eval --pictures FOLDER` writes.

    `levels.w1` is the 1-Wasserstein distance between the levels of all pixels, or coordinates of all points, of the
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
        panels = [
            scatter(*points, f"{self.view} of {extractor.key}; blue: real data"),
            histogram(real.x.flatten(), fake.x.flatten(), "levels" if e.data.kind == "image" else "coordinates"),
        ]
        if scores := self._scores(e, real, fake):
            panels.append(histogram(*scores))
        whole = Image.new("RGB", ((SIDE + GAP) * len(panels) - GAP, SIDE + HEAD), "white")
        for i, panel in enumerate(panels):
            whole.paste(panel, (i * (SIDE + GAP), 0))
        return whole

    def _scores(self, e: Evaluation, real: SampleSet, fake: SampleSet) -> tuple[Tensor, Tensor, str] | None:
        if e.source and (d := e.source.discriminator):
            return d(real.x, real.y), d(fake.x, fake.y), "scores of D"
        if decide := getattr(e.data.extractor, "decide", None):
            a, b = (decide(samples.features).float().softmax(-1).amax(-1).flatten() for samples in (real, fake))
            return a, b, "confidence of the judge"
        return None
