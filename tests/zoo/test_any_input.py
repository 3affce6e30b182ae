"""Whatever is in a folder or a file: every image is used and counted, or a sentence names what cannot be used.

GANZOO_EXAMPLES=2000 tries more.
"""

import io
import os
import re
import tempfile
import warnings
from contextlib import chdir, suppress
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from helpers.words import Words
from hypothesis import given, settings, strategies as st
from PIL import Image

from ganzoo.evaluation.samples import load_samples
from ganzoo.recipes.recipe import dataset
from ganzoo.recipes.spec import quote
from ganzoo.support.errors import DataError, Failed, WrongUse
from ganzoo.zoo.datasets.digits import Digits, StackedDigits
from ganzoo.zoo.datasets.folder import Folder
from ganzoo.zoo.datasets.image_files import SUFFIXES
from ganzoo.zoo.datasets.mixtures import Ring
from ganzoo.zoo.datasets.npz import NPZ

MANY = int(os.environ.get("GANZOO_EXAMPLES", "100"))
often = settings(max_examples=MANY, derandomize=True, deadline=None, database=None)
NOISE = np.random.default_rng(0).integers(0, 256, (8, 8, 4), dtype=np.uint8)
Image.init()
SUFFIX_OF = {form: suffix for suffix, form in sorted(Image.EXTENSION.items()) if form in Image.SAVE}
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F")
DATA = (Digits(), StackedDigits(), Ring(), Words())
DATA[3].name = "words"


@cache
def encoded(form, mode):
    """An image in a format and the nearest mode to the one given in which Pillow writes it; None if there is none."""
    image = Image.fromarray(NOISE, "RGBA") if mode == "RGBA" else Image.fromarray(NOISE[..., :3])
    for tried in dict.fromkeys((mode, "RGB", "L", "1")):
        grey_first = image.convert("L") if tried[0] in "IF" else image
        buffer = io.BytesIO()
        with warnings.catch_warnings(action="ignore"), suppress(Exception):  # it writes this format in other modes only
            grey_first.convert(tried).save(buffer, form)
            return buffer.getvalue()
    return None


def damaged(content, where, how):
    """Cut, or with one byte changed."""
    at = int(where * len(content))
    return content[:at] if how == 0 else content[:at] + bytes([content[at] ^ how]) + content[at + 1 :]


EXIF = st.builds(lambda tag, kind, count, value: (tag, kind, count, value), st.sampled_from([0x0112, 0x011A, 0x0103]),
                 st.integers(0, 14), st.integers(0, 9), st.binary(min_size=4, max_size=4))  # fmt: skip
FORMATS = sorted(form for form in SUFFIX_OF if form not in ("EPS", "PDF", "MPO"))
IMAGES = st.builds(encoded, st.sampled_from(FORMATS), st.sampled_from(MODES)).filter(bool)
PNGS = st.just(encoded("PNG", "RGB"))
CONTENTS = st.one_of(
    PNGS,
    IMAGES,
    st.builds(damaged, IMAGES, st.floats(0, 1, exclude_max=True), st.integers(0, 255)),
    st.binary(max_size=40),
    st.builds(lambda entry: with_exif(*entry), EXIF),
)
ENDS = st.one_of(st.just(".png"), st.sampled_from(sorted(SUFFIXES)), st.sampled_from(["", ".txt", ".PNG", ".npz"]))
NAMES = st.sampled_from([b"a", b"b", b"c", b".hidden", b"\xff\xfe", "é".encode(), b"new\nline", b" "])
KINDS = st.sampled_from(["file", "file", "file", "file", "file", "linked", "dangling", "pipe", "loop", "folder"])
PLACES = st.sampled_from(["", "sub", "sub/deep", "linked"])


def with_exif(tag, kind, count, value):
    entry = tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + count.to_bytes(4, "little") + value
    exif = b"Exif\0\0II*\0\x08\0\0\0\1\0" + entry + bytes(4)
    Image.fromarray(NOISE[..., :3]).save(buffer := io.BytesIO(), "JPEG", exif=exif)
    return buffer.getvalue()


def put(root, place, name, end, kind, content):
    """One file, link, pipe or folder; whether it is an image by its name, so that it must be used or named."""
    path = os.fsencode(root / place) + b"/" + name + end.encode()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        return
    if kind == "file":
        Path(os.fsdecode(path)).write_bytes(content)
    elif kind == "linked":
        (target := Path(f"{root}-elsewhere")).write_bytes(content)
        os.symlink(os.fsencode(target), path)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        os.mkdir(path)
    else:
        os.symlink({"dangling": b"gone", "loop": os.path.basename(path)}[kind], path)


def visible(root):
    """Files of images, and other ones: what a person sees who opens each folder once."""
    found, seen = [], set()
    for here, folders, files in os.walk(root, followlinks=True):
        seen.add(os.path.realpath(here))
        folders[:] = [f for f in folders if f[0] != "." and os.path.realpath(f"{here}/{f}") not in seen]
        found += [name for name in files if name[0] != "."]
    images = sum(Path(name).suffix.lower() in SUFFIXES for name in found)
    return images, len(found) - images


def told(caught):
    """How many files were said not to be used."""
    texts = [str(one.message) for one in caught if "is not used: its name" in str(one.message)]
    return sum(1 + int((re.findall(r"\(and (\d+) more\)$", text) or ["0"])[0]) for text in texts)


def outcome(read, refusals=(DataError,)):
    """What is read, and what is said against it."""
    try:
        return read(), ""
    except refusals as error:
        return None, str(error) or type(error).__name__


def check(root, read):
    """`read` gives the number of images used. All are, and others are told; or a sentence names what is refused."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        used, refusal = outcome(read)
    if refusal:
        assert refusal.startswith(str(root))
        assert len(refusal) > len(str(root)) + 20
    else:
        assert (used, told(caught)) == visible(root)


@often
@given(st.lists(st.tuples(PLACES, NAMES, ENDS, KINDS, CONTENTS), max_size=5), st.integers(0, 6), st.booleans())
def test_any_folder(files, n, resized):
    with tempfile.TemporaryDirectory() as temporary:
        root, elsewhere = Path(temporary, "data"), Path(temporary, "more")
        for folder in (root, elsewhere):
            folder.mkdir()
        (root / "linked").symlink_to(elsewhere)
        (elsewhere / "back").symlink_to(root)
        for i in range(n):
            put(root, "", b"%d" % i, ".png", "file", encoded("PNG", "RGB"))
        for file in files:
            put(root, *file)
        data = Folder(root, size=8, channels="rgb") if resized else Folder(root)
        check(root, lambda: sum(len(split.x) for split in (data.train, data.test)))
        check(root, lambda: len(load_samples(root, DATA[1]).x))


TYPES = ["uint8", "uint8", "uint8", "int64", "float32", "float64", "bool", "uint64", "<U2", "complex64", ">i4"]
SHAPES = st.one_of(
    st.tuples(st.integers(0, 9), st.just(8), st.just(8)),
    st.tuples(st.integers(0, 9), st.just(8), st.just(8), st.integers(0, 4)),
    st.lists(st.integers(0, 9), max_size=5).map(tuple),
    st.tuples(st.integers(0, 9), st.just(2)),
)
ARRAYS = st.builds(
    lambda kind, shape, most: (np.arange(np.prod(shape, dtype=int)) % most).reshape(shape).astype(kind),
    st.sampled_from(TYPES), SHAPES, st.sampled_from([1, 2, 7, 256]),
)  # fmt: skip
LABELS = st.one_of(
    st.lists(st.integers(0, 3), max_size=10).map(lambda y: np.array(y, int)),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=10).map(lambda y: np.array(y, int)),
    ARRAYS,
)
GOOD = st.integers(4, 12).flatmap(
    lambda n: st.fixed_dictionaries(
        {"x": st.sampled_from([NOISE[..., 0], NOISE[..., :3]]).map(lambda image: np.stack([image] * n))},
        optional={
            name: st.lists(st.integers(0, 2), min_size=n, max_size=n).map(lambda y: np.array(y, int))
            for name in ("y", "labels")
        },
    )
)
FILES = st.one_of(
    GOOD,
    GOOD,
    st.fixed_dictionaries({"x": ARRAYS}, optional={"y": LABELS, "labels": LABELS, "z": ARRAYS}),
    st.dictionaries(st.sampled_from(["y", "labels", "x", "é", "a/b"]), LABELS, max_size=3),
)


@often
@given(FILES, st.one_of(st.none(), st.none(), st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255))))
def test_any_npz(arrays, damage):
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary, "x.npz")
        np.savez(path, **arrays)
        if damage:
            path.write_bytes(damaged(path.read_bytes(), *damage))
        ours = NPZ(path)
        readers = [lambda: [ours.train, ours.test], *(lambda data=data: [load_samples(path, data)] for data in DATA)]
        for read in readers:
            with warnings.catch_warnings(action="ignore"):
                splits, refusal = outcome(read)
            if refusal:
                assert refusal.startswith(f"{path}: ")
                continue
            if not damage:
                assert sum(len(split.x) for split in splits) in {len(array) for array in arrays.values() if array.ndim}
            assert all(split.y is None or len(split.y) == len(split.x) for split in splits)
            if len(splits) == 2 and ours.labels:
                assert ours.train.y.unique().tolist() == list(range(ours.labels))


CELLS = st.one_of(
    st.floats(width=32).map(repr), st.sampled_from(["x", "", "1", " 2 ", "nan", "1e999", "0x1", "\u0663"])
)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=5)
TABLES = ROWS.map(lambda rows: "\n".join(map(",".join, rows)).encode())
LETTERS = st.lists(st.text("abdegkl", min_size=4, max_size=6), max_size=5).map(lambda words: " ".join(words).encode())
FORMS = st.sampled_from([".csv", ".txt", ".png", ".jpg", ".webp", ".bmp", ".CSV", ".npz", ".wav", ""])


@often
@given(FORMS, st.one_of(TABLES, LETTERS, IMAGES, st.binary(max_size=40)), st.sampled_from(DATA))
def test_any_file(suffix, content, data):
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary, f"x{suffix}")
        path.write_bytes(content)
        samples, refusal = outcome(lambda: load_samples(path, data))
        if refusal:
            assert refusal.startswith(f"{path}: ")
            assert len(refusal) > len(str(path)) + 20
        else:
            assert len(samples.x) >= 2
            assert samples.x.dtype == data.train.x.dtype
            assert samples.x.isfinite().all()


@often
@given(st.sampled_from(["folder:", "npz:", ""]), st.one_of(st.text(max_size=30), st.sampled_from(["~", "~x/y", "."])))
def test_any_path(kind, text):
    with tempfile.TemporaryDirectory() as temporary, chdir(temporary), pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", temporary)
        for written in (text, quote(text)):
            _, refusal = outcome(lambda written=written: dataset(kind + written).train, (Failed, WrongUse))
            assert refusal
