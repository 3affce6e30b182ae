"""Checks of data sets."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ganzoo.interfaces.datasets import Dataset, lacking
from ganzoo.support.errors import DataError
from ganzoo.testing.check import Check, Skip, check
from ganzoo.testing.subject import Candidate

DATA = "help(ganzoo.Images) and help(ganzoo.Points)"


def built(c: Candidate) -> Dataset:
    """The data set, read. Raises `Skip` where its files are not here."""
    try:
        data: Dataset = c.build()
        _ = data.train
    except DataError as error:
        raise Skip(f"its files are not here: {error}") from error
    return data


@check(
    "build", "dataset", mend="inherit from ganzoo.Images or ganzoo.Points, and give what their docstrings say", see=DATA
)
def splits(c: Candidate) -> Iterator[str]:
    """Networks, metrics and records rely on the types and shapes of samples and labels."""
    data = built(c)
    if missing := lacking(data):
        yield f"it has no {', '.join(missing)}"
        return
    dtype = torch.uint8 if data.kind == "image" else torch.float32
    for name, (x, y) in {"train": data.train, "test": data.test}.items():
        if x.shape[1:] != data.shape or x.dtype != dtype:
            yield f"{name}: samples are {x.dtype} {tuple(x.shape[1:])}, but should be {dtype} {tuple(data.shape)}"
        if y is not None and (
            y.dtype != torch.int64 or y.shape != (len(x),) or not 0 <= y.min() <= y.max() < data.labels
        ):
            yield f"{name}: y should be (N,) int64 from 0 to labels - 1 = {data.labels - 1}"
    if c.component.data and data.kind not in c.component.data:
        yield f"its kind is {data.kind}, but its component says {', '.join(sorted(c.component.data))}"


@check("build", "dataset", mend="read or draw the same samples each time, with a seed of its own", see=DATA)
def revision(c: Candidate) -> Iterator[str]:
    """A result is about one revision of the data: drawn anew, or read in another order, nothing could be compared."""
    one, other = built(c).revision, built(c).revision
    if one != other:
        yield f"two objects with the same options have the revisions {one} and {other}"
    if len(one) != 12 or set(one) - set("0123456789abcdef"):
        yield f"the revision is {one!r}, but should be 12 hex digits"


@check(
    "mathematics",
    "dataset",
    mend="make encode and decode inverse to each other, and each what its docstring says",
    see=DATA,
)
def units(c: Candidate) -> Iterator[str]:
    """Networks work in [-1, 1], or at unit spread; files and metrics in the data's own units."""
    data = built(c)
    x = data.train.x[:2_000]
    encoded = data.encode(x)
    again = data.decode(encoded)
    if not (torch.equal(again, x) if data.kind == "image" else torch.allclose(again, x, rtol=1e-4, atol=1e-5)):
        yield "decode(encode(x)) is not x"
    if data.kind == "image" and encoded.abs().max() > 1:
        yield f"encoded images reach {encoded.abs().max():.3g}, but they lie in [-1, 1]"
    if data.kind == "points" and not 0.3 <= encoded.std() <= 3:
        yield f"encoded points have the standard deviation {encoded.std():.3g}, but should have about 1"


@check("mathematics", "dataset", mend="correct modes, n_modes or prior", see=DATA)
def modes(c: Candidate) -> Iterator[str]:
    """Mode coverage is counted against the data's own modes and shares, so real samples must show them."""
    data = built(c)
    found = data.modes(data.test.x)
    if found.shape != (len(data.test.x),) or found.max() >= max(data.n_modes, 1):
        yield f"modes gives {tuple(found.shape)} up to {found.max()}; it should be (N,) from -1 to {data.n_modes - 1}"
        return
    if not data.n_modes:
        raise Skip("it knows no modes")
    if (share := (found >= 0).double().mean()) < 0.9:
        yield f"only {share:.0%} of the real samples have a mode"
    if data.prior is None or abs(data.prior.sum() - 1) > 1e-6 or len(data.prior) != data.n_modes:
        yield f"prior should have {data.n_modes} shares whose sum is 1"
        return
    shares = torch.bincount(found[found >= 0], minlength=data.n_modes) / (found >= 0).sum()
    bound = 0.05 + (data.n_modes / len(found)) ** 0.5
    if (distance := (shares - data.prior).abs().sum() / 2) > bound:
        yield f"the shares of modes in the test split differ from prior by {distance:.2g} in total variation"


BUILD: tuple[Check, ...] = (splits, revision)
MATHEMATICS: tuple[Check, ...] = (units, modes)
