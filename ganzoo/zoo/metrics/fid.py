"""Frechet distance between features (FID, Heusel et al. 2017, arXiv:1706.08500)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.bounds import Count
from ganzoo.interfaces.datasets import Extractor
from ganzoo.interfaces.scores import Score
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.metrics.base import Evaluation, SampleSet
from ganzoo.zoo.metrics.gaussian import Gaussian, distance_or_nan

DRAWS = 3
LEAST = 50
"""Samples in a draw. With fewer, the distance depends mostly on how many: real held-out digits score 42 at n = 50 (with
a deviation of 12 between draws), 104 at 20, 221 at 10 and 830 at 2, but 2.7 at 500; blurred ones score 270 at 500 and
543 at 2."""
POINTS = 15
"""Numbers of samples that `fid.inf` is extrapolated from, as in the paper."""


@dataclass
class FID:
    """The Frechet distance to the train split: mean and deviation (`fid.sd`) of three disjoint draws of n samples.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of the means and covariances of features. n is the size of the test
    split, or a third of the samples if that is less. Baselines with the same n are `fid.floor`, the distance of real
    held-out data, and `fid.memoriser`, that of samples drawn from the train split. Where the split is one random
    partition among many, the floor is the mean over `resplits` of them: for digits 4.7, where their own partition gives
    2.7, because it is stratified, which no generator's samples are.

    `fid.heldout` is the distance of the same draws to the test split, of which nothing can be memorised; its floor is
    the distance of three subsets of the train split. Below n = 50 (`LEAST` says why) all are None: n = 50 takes 150
    samples and 50 held-out images, as 500 images in a folder give.
    """

    extractor: str = "judge"
    """Whose features: the data's own judge, or randconv, pixels, inception."""
    n: Count | None = None
    """Samples in a draw. There is no floor if fewer samples are held out."""
    draws: Count = DRAWS
    """Disjoint draws whose mean it is."""
    inf: bool = False
    """Also `fid.inf`: the distance at 1/n = 0, on a line through those at 15 n (Chong, Forsyth 2020,
    arXiv:1911.07023). The paper's are random subsets, these are nested, so that each sample is seen once."""

    better = {"fid": "lower", "fid.heldout": "lower", "fid.inf": "lower"}
    scale = {"fid": "log", "fid.heldout": "log", "fid.inf": "plain"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """The protocol names the extractor, the reference, and n."""
        n = self.n or min(len(e.data.test.x), len(e.x) // self.draws)
        extractor = e.extractor(self.extractor)
        draws = "" if self.draws == DRAWS else f",draws={self.draws}"
        train, test = (f"{extractor.key},ref={e.reference(split)}" for split in ("train", "test"))
        partitions = f",resplits={_resplits(e)}" if _resplits(e) else ""
        protocols = dict.fromkeys(("fid", "fid.sd", "fid.floor", "fid.memoriser"), f"{train},n={n}{draws}")
        protocols["fid.floor"] += partitions
        protocols |= dict.fromkeys(("fid.heldout", "fid.heldout.floor"), f"{test},n={n}{draws}")
        protocols |= {"fid.inf": f"{train},n={n * self.draws}{draws}"} if self.inf else {}
        if n < LEAST:
            e.add_note(_too_few(n, self.draws, e))
        values = self._values(e, extractor, n) if n >= LEAST else [None] * len(protocols)
        return [Score(*condition, value) for condition, value in zip(protocols.items(), values, strict=True)]

    def _values(self, e: Evaluation, extractor: Extractor, n: int) -> Iterable[float | None]:
        """In the order of the protocols."""
        train, test = (reference(e, extractor, split) for split in ("train", "test"))
        samples = e.samples(n * self.draws)
        parts = [samples.pick(slice(i * n, (i + 1) * n)) for i in range(self.draws)]
        distance, baseline = partial(_distance, e, extractor), partial(_cached_value, e, extractor, n)
        draws = torch.tensor([distance(train, part) for part in parts], dtype=torch.float64)
        yield draws.mean().item()
        yield draws.std().item() if self.draws > 1 else None
        yield baseline("floor", lambda: _floor(e, extractor, n, train)) if n <= len(e.data.test.x) else None
        yield baseline("memoriser", lambda: distance(train, e.training_copies(n)))
        yield sum(distance(test, part) for part in parts) / self.draws
        subsets = (e.training_subset(n, draw) for draw in range(DRAWS))
        enough = n <= len(e.data.train.x)
        yield baseline("heldout floor", lambda: sum(distance(test, s) for s in subsets) / DRAWS) if enough else None
        if self.inf:
            yield extrapolate(train, samples.features_of(extractor, e.progress))


def reference(e: Evaluation, extractor: Extractor, split: str) -> Gaussian:
    """The Gaussian of a whole split, cached."""

    def fit() -> dict[str, Tensor]:
        samples = e.whole_split(split)
        # The floors need the test split's features again, where the train split's may be too many to keep.
        kept = samples.pick(slice(len(samples))) if split == "test" else samples
        return Gaussian.fit(kept.feature_batches(extractor, e.progress)).store()

    what = f"gaussian {e.reference(split)}"
    return e.cached((what, extractor.key), lambda: Gaussian.restore(e.cached_statistics(what, extractor, fit)))


def extrapolate(reference: Gaussian, features: Tensor) -> float:
    """The distance of infinitely many: at 0 on the least-squares line over 1 / n, n from a fifth to all of them."""
    n = len(features)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed_of("fid.inf")))
    sizes = [round(size) for size in np.linspace(max(2, n / 5), n, POINTS)]
    try:
        distances = list(reference.distances(features[order], sizes))
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
        return float("nan")
    return float(np.polyfit(1 / np.array(sizes), distances, 1)[1])


def _distance(e: Evaluation, extractor: Extractor, reference: Gaussian, samples: SampleSet) -> float:
    return distance_or_nan(reference, samples.feature_batches(extractor, e.progress))


def _too_few(n: int, draws: int, e: Evaluation) -> str:
    needed = f"{LEAST * draws} samples (here {len(e.x)}) and {LEAST} held out (here {len(e.data.test.x)})"
    drawn = f"{n} samples" if draws == 1 else f"{draws} draws of {n} samples"
    return f"FID of {drawn} depends mostly on how few they are: it takes {needed}; give more, or take --metric kid"


def _cached_value(e: Evaluation, extractor: Extractor, n: int, what: str, compute: Callable[[], float]) -> float:
    def statistics() -> dict[str, Tensor]:
        return {"value": torch.tensor(compute(), dtype=torch.float64)}

    return e.cached_statistics(f"fid {what} {n}", extractor, statistics)["value"].item()


def _resplits(e: Evaluation) -> int:
    """Random partitions whose mean the floor is; 0: the data's own."""
    return getattr(e.data, "resplits", 0)


def _floor(e: Evaluation, extractor: Extractor, n: int, train: Gaussian) -> float:
    """The distance of n samples of the test split, or the mean over other random partitions."""
    if not (resplits := _resplits(e)):
        return _distance(e, extractor, train, e.held_out(n))
    size = len(e.data.train.x)
    features = torch.cat([e.whole_split(split).features_of(extractor, e.progress) for split in ("train", "test")])
    generator = torch.Generator().manual_seed(seed_of("resplit"))
    orders = (torch.randperm(len(features), generator=generator) for _ in range(resplits))
    partitions = ((features[order[:size]], features[order[size : size + n]]) for order in orders)
    return sum(distance_or_nan(Gaussian.fit([fitted]), held_out) for fitted, held_out in partitions) / resplits
