"""Whether a data set is what networks, metrics and records rely on."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ganzoo.interfaces.datasets import Dataset, lacking
from ganzoo.support.errors import DataError
from ganzoo.testing.checks import Skip, check
from ganzoo.testing.under_test import PartUnderTest

DATA = "help(ganzoo.Images) and help(ganzoo.Points)"


def build_with_files(part: PartUnderTest) -> Dataset:
    """The data set. Raises `Skip` where its files are missing."""
    try:
        data: Dataset = part.build()
        _ = data.train
    except DataError as error:
        raise Skip(f"its files are missing: {error}") from error
    return data


@check("build", "dataset", mend="inherit from ganzoo.Images or ganzoo.Points, and follow their docstrings", see=DATA)
def splits(part: PartUnderTest) -> Iterator[str]:
    """Networks, metrics and records rely on the types and shapes of samples and labels."""
    data = build_with_files(part)
    if missing := lacking(data):
        yield f"it has no {', '.join(missing)}"
        return
    dtype = torch.uint8 if data.kind == "image" else torch.float32
    for name, (x, y, *_) in data.splits.items():
        if x.shape[1:] != data.shape or x.dtype != dtype:
            yield f"{name}: samples are {x.dtype} {tuple(x.shape[1:])}, but should be {dtype} {tuple(data.shape)}"
        if y is not None and (
            y.dtype != torch.int64 or y.shape != (len(x),) or not 0 <= y.min() <= y.max() < data.labels
        ):
            yield f"{name}: y should be (N,) int64 from 0 to labels - 1 = {data.labels - 1}"
    if part.component.data and data.kind not in part.component.data:
        yield f"its kind is {data.kind}, but its component says {', '.join(sorted(part.component.data))}"


@check(
    "build", "dataset", mend="read or draw the same samples in the same order each time, with a fixed seed", see=DATA
)
def revision(part: PartUnderTest) -> Iterator[str]:
    """Results are comparable only on the same revision of the data: the same samples in the same order."""
    first, second = build_with_files(part).revision, build_with_files(part).revision
    if first != second:
        yield f"two objects with the same options have the revisions {first} and {second}"
    if len(first) != 12 or set(first) - set("0123456789abcdef"):
        yield f"the revision is {first!r}, but should be 12 hex digits"


@check(
    "mathematics",
    "dataset",
    mend="make encode and decode the inverse of each other, as their docstrings say",
    see=DATA,
)
def units(part: PartUnderTest) -> Iterator[str]:
    """Networks see images in [-1, 1] and points of about unit spread; files and metrics use the data's own units."""
    data = build_with_files(part)
    x = data.train.x[:2_000]
    encoded = data.encode(x)
    decoded = data.decode(encoded)
    if not (torch.equal(decoded, x) if data.kind == "image" else torch.allclose(decoded, x, rtol=1e-4, atol=1e-5)):
        yield "decode(encode(x)) is not x"
    if data.kind == "image" and encoded.abs().max() > 1:
        yield f"encoded images reach {encoded.abs().max():.3g}, but must lie in [-1, 1]"
    if data.kind == "points" and not 0.3 <= encoded.std() <= 3:
        yield f"encoded points have the standard deviation {encoded.std():.3g}, but should have about 1"


@check("mathematics", "dataset", mend="correct modes, n_modes or prior", see=DATA)
def modes(part: PartUnderTest) -> Iterator[str]:
    """Mode coverage compares samples with the data's modes and their shares, so real samples must have them."""
    data = build_with_files(part)
    mode = data.modes(data.test.x)
    if mode.shape != (len(data.test.x),) or mode.max() >= max(data.n_modes, 1):
        yield f"modes gives {tuple(mode.shape)} up to {mode.max()}; it should be (N,) from -1 to {data.n_modes - 1}"
        return
    if not data.n_modes:
        raise Skip("it defines no modes")
    if (share := (mode >= 0).double().mean()) < 0.9:
        yield f"only {share:.0%} of the real samples have a mode"
    if data.prior is None or abs(data.prior.sum() - 1) > 1e-6 or len(data.prior) != data.n_modes:
        yield f"prior should have {data.n_modes} shares whose sum is 1"
        return
    shares = torch.bincount(mode[mode >= 0], minlength=data.n_modes) / (mode >= 0).sum()
    bound = 0.05 + (data.n_modes / len(mode)) ** 0.5
    if (distance := (shares - data.prior).abs().sum() / 2) > bound:
        yield f"the shares of modes in the test split differ from prior by {distance:.2g} in total variation"
