"""Samples as files: what is written can be read, and what cannot is said."""

import io
import re

import numpy as np
import pytest
import torch
from helpers.words import ALPHABET, Words, random_words
from PIL import Image

from ganzoo.evaluation.samples import load_samples
from ganzoo.evaluation.write_samples import write_samples
from ganzoo.support.errors import DataError, Incompatible, RunError
from ganzoo.zoo.datasets.digits import Digits, StackedDigits
from ganzoo.zoo.datasets.mixtures import Ring

GREY = torch.arange(3 * 64).to(torch.uint8).reshape(3, 1, 8, 8)
COLOUR = torch.arange(2 * 192).to(torch.uint8).reshape(2, 3, 8, 8)


def words():
    data = Words()
    data.name = "words"
    return data


def pixels(path):
    with Image.open(path) as image:
        return np.array(image)


def refused(call, *arguments, error=DataError, **more):
    with pytest.raises(error) as caught:
        call(*arguments, **more)
    return str(caught.value)


# ---------------------------------------------------------------- points as .csv


def test_points_are_read_as_they_were_written(tmp_path):
    x = Ring().test.x[:50] / 3
    write_samples(tmp_path / "x.csv", Ring(), x)
    lines = (tmp_path / "x.csv").read_text().splitlines()
    assert lines[0] == "x,y"
    assert np.float32(lines[1].split(",")[0]) == x[0, 0].numpy()
    assert torch.equal(load_samples(tmp_path / "x.csv", Ring()).x, x)


@pytest.mark.parametrize("text", ["1,2\n3,4\n", "\ufeffa , b\r\n1, 2\r\n\r\n 3 ,4.0", "1e0,2\n3,4"])
def test_rows_of_numbers_are_read(tmp_path, text):
    (tmp_path / "x.CSV").write_bytes(text.encode())
    assert load_samples(tmp_path / "x.CSV", Ring()).x.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no row of numbers; write one a line"),
        (b"x,y\n", "has no row of numbers"),
        (b"1,2\n3\n", "line 2 has 1 numbers, but the first row 2"),
        (b"x,y\n1,2\n\n3,four\n", "line 4 has 'four', which is no number"),
        (b"1,x\n3,4\n", "line 1 has 'x', which is no number"),
        (b"1;2\n3;4\n", "line 2 has '3;4', which is no number"),
        (b"1,2,3\n4,5,6\n", r"each sample is float32 (3), but those of ring8 are float32 (2)"),
        (b"1,2\n", "1 sample(s); at least 2 are needed"),
        (b"1,2\nnan,2\n3,inf\n", "2 of 3 samples are not finite, the first in row 1"),
        (b"1,2\n1e300,2\n", "1 of 2 samples are not finite, the first in row 1"),
        (b"\xff\xfe1,2\n", "is no text; write rows of numbers"),
    ],
)
def test_other_rows_are_refused(tmp_path, content, said):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    message = refused(load_samples, path, Ring())
    assert message.startswith(f"{path}: ")
    assert said in message


# ---------------------------------------------------------------- images one by one


@pytest.mark.parametrize(
    ("x", "data", "suffix"),
    [(GREY, Digits, ".png"), (GREY, Digits, ".BMP"), (COLOUR, StackedDigits, ".png"), (COLOUR, StackedDigits, ".webp")],
)
def test_an_image_is_read_as_it_was_written(tmp_path, x, data, suffix):
    folder = tmp_path / "images"
    folder.mkdir()
    for i, image in enumerate(x):
        path = folder / f"{i}{suffix}"
        write_samples(path, data(), image[None])
        assert torch.equal(data().read(path), image[None])
    assert torch.equal(load_samples(folder, data()).x, x)


def test_a_jpeg_has_the_size_of_the_image(tmp_path):
    smooth = torch.arange(64).reshape(1, 1, 8, 8).to(torch.uint8)
    write_samples(tmp_path / "x.jpg", Digits(), smooth)
    read = Digits().read(tmp_path / "x.jpg")
    assert read.shape == smooth.shape
    assert (read.int() - smooth.int()).abs().max() <= 4


def test_what_no_image_file_holds_is_refused(tmp_path):
    path = tmp_path / "x.jpg"
    assert refused(write_samples, path, Digits(), GREY) == (
        f"{path}: 3 samples, but a file holds one image; take one (-n 1), or write .npz"
    )
    pair = torch.zeros(1, 2, 8, 8, dtype=torch.uint8)
    assert "images of 2 channels, but files of images have 1 or 3" in refused(write_samples, path, Digits(), pair)
    path = tmp_path / "x.webp"
    assert "the image is grey, and .webp has only colours" in refused(write_samples, path, Digits(), GREY[:1])
    assert not [*tmp_path.iterdir()]


def test_one_image_is_too_few_to_score(tmp_path):
    path = tmp_path / "x.png"
    write_samples(path, Digits(), GREY[:1])
    assert refused(load_samples, path, Digits()).startswith(f"{path}: 1 sample(s); at least 2 are needed")
    assert "each sample is uint8 (1, 8, 8), but those of stacked-digits are uint8 (3, 8, 8)" in refused(
        load_samples, path, StackedDigits()
    )
    Image.new("RGBA", (8, 8)).save(path)
    assert "is transparent; convert it to grey or RGB yourself" in refused(load_samples, path, Digits())
    path.write_bytes(b"no image")
    assert "damaged, or not an image" in refused(load_samples, path, Digits())


# ---------------------------------------------------------------- pictures and arrays


def test_png_is_one_image_or_a_picture_of_all(tmp_path):
    path = tmp_path / "x.png"
    write_samples(path, Digits(), GREY)
    assert pixels(path).shape[0] > 1000
    write_samples(path, Digits(), GREY[:1])
    assert np.array_equal(pixels(path), GREY[0, 0])
    write_samples(path, words(), random_words(1, 0))
    assert pixels(path).shape == (12, 80, 3)


def test_gif_is_a_film_of_walks(tmp_path):
    path = tmp_path / "x.gif"
    walk = torch.stack([torch.full((2, 1, 8, 8), 50 * k, dtype=torch.uint8) for k in range(4)], 1)
    write_samples(path, Digits(), walk, walks=True)
    with Image.open(path) as film:
        levels = []
        for k in range(film.n_frames):
            film.seek(k)
            levels.append(film.convert("RGB").getpixel((100, 100))[0])
    assert levels == [0, 50, 100, 150, 100, 50]  # there and back
    assert refused(write_samples, path, Digits(), GREY, error=Incompatible).endswith(
        "x.gif: samples of digits are written as .npz, .png, .jpg, .webp or .bmp, but its suffix is .gif; .gif is for "
        "walks, with --interpolate K"
    )


def test_npz_holds_samples_and_the_classes_asked_for(tmp_path):
    path = tmp_path / "x.npz"
    write_samples(path, StackedDigits(), COLOUR)
    assert np.load(path).files == ["samples"]
    assert np.load(path)["samples"].shape == (2, 8, 8, 3)
    write_samples(path, Digits(), GREY, torch.tensor([3, 0, 9]))
    read = load_samples(path, Digits())
    assert torch.equal(read.x, GREY)
    assert read.y.tolist() == [3, 0, 9]


@pytest.mark.parametrize(
    ("name", "walks", "said"),
    [
        ("x.txt", False, "samples of ring8 are written as .npz, .csv or .png, but its suffix is .txt"),
        ("x", False, "samples of ring8 are written as .npz, .csv or .png, but it has no suffix"),
        ("x.csv", True, "walks of ring8 are written as .npz, .png or .gif, but its suffix is .csv"),
    ],
)
def test_another_suffix_is_refused(tmp_path, name, walks, said):
    x = torch.zeros(3, 4, 2) if walks else torch.zeros(3, 2)
    assert refused(write_samples, tmp_path / name, Ring(), x, walks=walks, error=Incompatible).endswith(
        f"{name}: {said}"
    )
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(("x", "data"), [(GREY, Digits()), (COLOUR, StackedDigits())])
def test_a_folder_of_images_is_read_as_it_was_written(tmp_path, x, data):
    write_samples(tmp_path / "folder", data, x)
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == [f"{i:05}.png" for i in range(len(x))]
    assert torch.equal(load_samples(tmp_path / "folder", data).x, x)
    assert "holds files already; give an empty folder" in refused(write_samples, tmp_path / "folder", data, x)
    (tmp_path / "file").touch()
    refused(write_samples, tmp_path / "file", data, x, error=RunError)
    refused(write_samples, tmp_path / "walks", data, x[:, None], walks=True, error=Incompatible)


def test_classes_that_were_asked_for_are_folders(tmp_path):
    write_samples(tmp_path / "folder", Digits(), GREY, torch.tensor([3, 0, 3]))
    files = sorted(path.relative_to(tmp_path / "folder").as_posix() for path in tmp_path.rglob("*.png"))
    assert files == ["0/00001.png", "3/00000.png", "3/00002.png"]


# ---------------------------------------------------------------- another form of data


def test_words_are_read_as_they_were_written(tmp_path):
    data, x = words(), random_words(40, 7)
    for suffix in (".txt", ".TXT", ".npz"):
        write_samples(path := tmp_path / f"x{suffix}", data, x)
        assert torch.equal(load_samples(path, data).x, x)
    assert re.fullmatch(rf"([{ALPHABET}]{{5}}\n){{40}}", (tmp_path / "x.txt").read_text())


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    class Broken(Words):
        def write(self, samples, path):
            path.write_text("half")
            raise DataError(f"{path}: cannot be spelt")

    data, path = Broken(), tmp_path / "x.txt"
    data.name = "words"
    path.write_text("before")
    assert refused(write_samples, path, data, random_words(3, 0)) == f"{path}: cannot be spelt"
    assert path.read_text() == "before"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"banal\nbanana\n", "word 2 is 'banana'; words have 5 of"),
        (b"\xff\xfe\n", "cannot be read as samples of words ('utf-8' codec can't decode"),
        (b"banal\n", "1 sample(s); at least 2 are needed, and 600 are usual"),
        (b"", "0 sample(s)"),
    ],
)
def test_other_text_is_refused(tmp_path, content, said):
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    message = refused(load_samples, path, words())
    assert message.startswith(f"{path}: ")
    assert said in message


def test_what_a_data_set_reads_must_be_like_its_samples(tmp_path):
    class Odd(Words):
        def read(self, path):
            return {"list": [1, 2], "flat": torch.zeros(3).long(), "float": torch.zeros(3, 5)}[path.stem]

    data = Odd()
    data.name = "odd"
    for stem, said in {
        "list": "odd reads it as a list, and not as a tensor of 2; mend its read",
        "flat": "odd reads it as 1 dimensions, and not as a tensor of 2",
        "float": "each sample is float32 (5), but those of odd are int64 (5)",
    }.items():
        (path := tmp_path / f"{stem}.txt").touch()
        assert said in refused(load_samples, path, data)
    assert refused(load_samples, tmp_path / "gone.txt", data).endswith("gone.txt: no such file")
    (folder := tmp_path / "folder.txt").mkdir()
    assert "a folder can hold images, but odd is sequence; give an .npz file" in refused(load_samples, folder, data)


X = random_words(6, 0).numpy()


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64", ">i4", "uint64"])
def test_arrays_that_lose_nothing_become_samples(tmp_path, dtype):
    np.savez(path := tmp_path / "x.npz", X.astype(dtype))
    assert torch.equal(load_samples(path, words()).x, torch.from_numpy(X))


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (X[:, :4], r"the array is int64 (6, 4), but samples of words are int64 (N, 5)"),
        (X[0], "the array is int64 (5), but"),
        (np.int64(3), "the array is int64 (), but"),
        (X + np.eye(6, 5) / 2, "and row 0 cannot become int64 without loss"),
        (np.where(np.arange(6)[:, None] == 4, np.nan, X), "and row 4 cannot become int64 without loss"),
        (X.astype(complex), "the array is complex128"),
        (X.astype(str), "the array is <U21"),
    ],
)
def test_arrays_that_would_lose_something_are_refused(tmp_path, array, said):
    np.savez(path := tmp_path / "x.npz", array)
    message = refused(load_samples, path, words())
    assert message.startswith(f"{path}: ")
    assert said in message


def test_an_unknown_file_says_what_can_be_read(tmp_path):
    (path := tmp_path / "x.wav").write_bytes(b"RIFF")
    assert refused(load_samples, path, words()) == (
        f"{path}: not an .npz file, or a damaged one; samples of words are read from .npz or .txt, by the suffix"
    )
    np.savez(buffer := io.BytesIO(), X)
    path.write_bytes(buffer.getvalue())
    assert len(load_samples(path, words()).x) == 6  # what it holds counts
