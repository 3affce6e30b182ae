"""Whether a data set is what networks, metrics and records rely on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from ganzoo.interfaces.datasets import Dataset, lacking
from ganzoo.support.errors import DataError
from ganzoo.testing.checks import Skip, check
from ganzoo.testing.under_test import PartUnderTest
from ganzoo.zoo.datasets.base import Data

DATA = "help(ganzoo.Images), help(ganzoo.Points) and help(ganzoo.Data)"


def build_with_files(part: PartUnderTest) -> Dataset:
    """The data set. Raises `Skip` where its files are missing."""
    try:
        data: Dataset = part.build()
        _ = data.train
    except DataError as error:
        raise Skip(f"its files are missing: {error}") from error
    return data


@check("build", "dataset", mend="inherit from ganzoo.Images, Points or Data, and follow their docstrings", see=DATA)
def splits(part: PartUnderTest) -> Iterator[str]:
    """Networks, metrics and records rely on the types and shapes of samples and labels."""
    data = build_with_files(part)
    if missing := lacking(data):
        yield f"it has no {', '.join(missing)}"
        return
    train = data.train.x
    expected = {"image": (torch.uint8, data.shape), "points": (torch.float32, data.shape)}
    dtype, shape = expected.get(data.kind, (train.dtype, tuple(train.shape[1:])))
    if gone := [name for name in ("train", "test") if name not in data.splits]:
        yield f"its splits are {', '.join(data.splits)}, but {' and '.join(gone)} must be among them"
    for name, (x, y, given, paired) in data.splits.items():
        if x.shape[1:] != shape or x.dtype != dtype:
            yield f"{name}: samples are {x.dtype} {tuple(x.shape[1:])}, but should be {dtype} {tuple(shape)}"
        elif (seen := data.encode(x[:2])).dtype != torch.float32 or seen.shape[1:] != data.shape:
            yield f"{name}: encode gives {seen.dtype} {tuple(seen.shape[1:])}, not torch.float32 {tuple(data.shape)}"
        if given is not None and paired and len(given) != len(x):
            yield f"{name}: there are {len(given)} rows of given for {len(x)} samples; otherwise write paired=False"
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
    for name, split in data.splits.items():
        x = split.x[:2_000]
        encoded = data.encode(x)
        decoded = data.decode(encoded)
        if decoded.dtype != x.dtype or decoded.shape != x.shape:
            yield f"{name}: decode gives {decoded.dtype} {tuple(decoded.shape)} for {x.dtype} {tuple(x.shape)}"
        elif not (torch.allclose(decoded, x, rtol=1e-4, atol=1e-5) if x.is_floating_point() else decoded.equal(x)):
            yield f"{name}: decode(encode(x)) is not x"
        if data.kind == "image" and encoded.abs().max() > 1:
            yield f"{name}: encoded images reach {encoded.abs().max():.3g}, but must lie in [-1, 1]"
        if data.kind == "points" and name == "train" and not 0.3 <= encoded.std() <= 3:
            yield f"encoded points have the standard deviation {encoded.std():.3g}, but should have about 1"


@check(
    "build",
    "dataset",
    mend="name in `suffixes` what write and read know, and let read give what was written",
    see=DATA,
)
def files(part: PartUnderTest) -> Iterator[str]:
    """`ganzoo sample --out FILE` writes samples as the data set says, and `ganzoo eval FILE` reads them."""
    data = build_with_files(part)
    if not data.suffixes:
        if getattr(type(data), "write", Data.write) is not Data.write:
            yield "it has `write`, but `suffixes` is empty, so that nothing is ever written"
        return
    with tempfile.TemporaryDirectory() as folder:
        for suffix in data.suffixes:
            if not suffix.startswith(".") or suffix != suffix.lower():
                yield f"a suffix is {suffix!r}, but should be small letters after a dot, such as .csv"
                continue
            x, path = data.test.x[:1], Path(folder, f"samples{suffix}")
            try:
                data.write(x, path)
                read = data.read(path)
            except DataError as error:
                if data.kind != "image":  # of so many channels, there may be no files
                    yield str(error)
                continue
            if read.dtype != x.dtype or read.shape != x.shape:
                yield f"{suffix}: {x.dtype} {tuple(x.shape)} is read as {read.dtype} {tuple(read.shape)}"


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
