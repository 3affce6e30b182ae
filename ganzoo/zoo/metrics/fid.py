"""Frechet distance between features (FID, Heusel et al. 2017, arXiv:1706.08500)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.bounds import Count
from ganzoo.interfaces.datasets import Extractor
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.gaussian import Gaussian, Moments, score

__all__ = ["FID", "Gaussian", "Moments"]

DRAWS = 3
LEAST = 50
"""Samples in a draw. The distance of few is mostly their number: real held-out digits score 42 at n = 50 (12 from draw
to draw), 104 at 20, 221 at 10 and 830 at 2, but 2.7 at 500; blurred ones score 270 at 500 and 543 at 2."""
POINTS = 15
"""Numbers of samples that `fid.inf` is extrapolated from, as in the paper."""


@dataclass
class FID:
    """The Frechet distance to the train split: mean and deviation (`fid.sd`) of three disjoint draws of n samples.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of the means and covariances of features. n is the size of the test
    split, or a third of the samples if that is less. Beside it, with the same n: `fid.floor`, which real held-out data
    scores, and `fid.memoriser`, which samples drawn from the train split score. Where the split is one random partition
    among many, and so a matter of luck, the floor is the mean over `resplits` of them: of digits 4.7, where their own
    partition gives 2.7, because it is stratified, which no generator's samples are.

    `fid.heldout` is the distance of the same draws to the test split, where nothing can be learned by heart: its floor
    is what three subsets of the train split score. Below n = 50 (`LEAST` says why) all are None: that takes 150
    samples, and 50 held-out images, as 500 images in a folder give.
    """

    extractor: str = "judge"
    """What compares: the data's own judge, or randconv, pixels, inception."""
    n: Count | None = None
    """Samples in a draw; where there is no held-out data for as many, there is no floor."""
    draws: Count = DRAWS
    """Disjoint draws whose mean it is."""
    inf: bool = False
    """Also `fid.inf`: the distance at 1/n = 0, on a line through those at 15 n (Chong, Forsyth 2020,
    arXiv:1911.07023). Theirs are random subsets, these nested: each sample is looked at once."""

    better: ClassVar[Mapping[str, str]] = {"fid": "lower", "fid.heldout": "lower", "fid.inf": "lower"}

    def __call__(self, e: Evaluation) -> dict[str, float | None]:
        """Keys name the extractor, the split compared with, and n."""
        n = self.n or min(len(e.data.test.x), len(e.x) // self.draws)
        ex = e.extractor(self.extractor)
        draws = "" if self.draws == DRAWS else f",draws={self.draws}"
        train, test = (f"[{ex.key},ref={e.reference(split)},n={n}{draws}]" for split in ("train", "test"))
        keys = [f"{name}{train}" for name in ("fid", "fid.sd", "fid.floor", "fid.memoriser")]
        if resplits := _resplits(e):
            keys[2] = keys[2].replace("]", f",resplits={resplits}]")
        keys += [f"{name}{test}" for name in ("fid.heldout", "fid.heldout.floor")]
        keys += [f"fid.inf{train.replace(f'n={n}', f'n={n * self.draws}')}"] if self.inf else []
        if n >= LEAST:
            return dict(zip(keys, self.values(e, ex, n), strict=True))
        e.note(_too_few(n, self.draws, e))
        return dict.fromkeys(keys)

    def values(self, e: Evaluation, ex: Extractor, n: int) -> Iterable[float | None]:
        """In the order of the keys."""
        train, test = (reference(e, ex, split) for split in ("train", "test"))
        samples = e.take(n * self.draws)
        parts = [samples.pick(slice(i * n, (i + 1) * n)) for i in range(self.draws)]
        draws = torch.tensor([score(train, part.parts(ex, e.watch)) for part in parts], dtype=torch.float64)
        once = partial(_known, e, ex, n)
        yield draws.mean().item()
        yield draws.std().item() if self.draws > 1 else None
        enough = n <= len(e.data.test.x)
        yield once("floor", lambda: _floor(e, ex, n, train)) if enough else None
        yield once("memoriser", lambda: score(train, e.memorised(n).parts(ex, e.watch)))
        yield sum(score(test, part.parts(ex, e.watch)) for part in parts) / self.draws
        yield once("heldout floor", lambda: _heldout(e, ex, n, test)) if n <= len(e.data.train.x) else None
        if self.inf:
            yield extrapolate(train, samples.seen(ex, e.watch))


def reference(e: Evaluation, ex: Extractor, split: str) -> Gaussian:
    """The Gaussian of a whole split, kept."""

    def fit() -> dict[str, Tensor]:
        whole = e.split(split)
        # The floors need the test split's features again, where the train split's may be too many to keep.
        parts = whole.pick(slice(len(whole))) if split == "test" else whole
        return Gaussian.fit(parts.parts(ex, e.watch)).store()

    of = e.reference(split)
    return e.once(("gaussian", of, ex.key), lambda: Gaussian.restore(e.known(f"gaussian {of}", ex, fit)))


def _too_few(n: int, draws: int, e: Evaluation) -> str:
    there = f"{LEAST * draws} samples (here {len(e.x)}) and {LEAST} held out (here {len(e.data.test.x)})"
    return f"FID of {n} samples would mostly be their number: it takes {there}; give more, or take --metric kid"


def extrapolate(reference: Gaussian, features: Tensor) -> float:
    """The distance of infinitely many: at 0 on the least-squares line over 1 / n, n from a fifth to all of them."""
    n = len(features)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed_of("fid.inf")))
    sizes = [round(size) for size in np.linspace(max(2, n / 5), n, POINTS)]
    try:
        found = list(reference.distances(features[order], sizes))
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
        return float("nan")
    return float(np.polyfit(1 / np.array(sizes), found, 1)[1])


def _known(e: Evaluation, ex: Extractor, n: int, what: str, compute: Callable[[], float]) -> float:
    made = e.known(f"fid {what} {n}", ex, lambda: {"value": torch.tensor(compute(), dtype=torch.float64)})
    return made["value"].item()


def _resplits(e: Evaluation) -> int:
    return getattr(e.data, "resplits", 0)


def _heldout(e: Evaluation, ex: Extractor, n: int, test: Gaussian) -> float:
    """What three subsets of the train split score against the test split."""
    return sum(score(test, e.subset(n, draw).parts(ex, e.watch)) for draw in range(DRAWS)) / DRAWS


def _floor(e: Evaluation, ex: Extractor, n: int, train: Gaussian) -> float:
    """What n samples of the test split score, or, where there are such, the mean over other random partitions."""
    if not (resplits := _resplits(e)):
        return score(train, e.real(n).parts(ex, e.watch))
    size = len(e.data.train.x)
    features = torch.cat([e.split(split).seen(ex, e.watch) for split in ("train", "test")])
    generator = torch.Generator().manual_seed(seed_of("resplit"))
    orders = (torch.randperm(len(features), generator=generator) for _ in range(resplits))
    parts = ((features[order[:size]], features[order[size : size + n]]) for order in orders)
    return sum(score(Gaussian.fit([fitted]), held_out) for fitted, held_out in parts) / resplits
