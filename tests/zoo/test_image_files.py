"""What is an image, what is said of other files, and what Pillow would change without a word."""

import io
import os
import re
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, features

from ganzoo.evaluation.samples import load_samples
from ganzoo.support.errors import DataError, GanzooWarning
from ganzoo.zoo.datasets.folder import Folder

NOISE = np.random.default_rng(0).integers(0, 256, (60, 16, 16, 3), dtype=np.uint8)


def write_images(folder, n=12, suffix="png", start=0):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(start, start + n):
        Image.fromarray(NOISE[i]).save(folder / f"{i:02}.{suffix}")
    return folder


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    return Folder(write_images(tmp_path_factory.mktemp("real"), 20))


def used(folder, real):
    """How many images of a folder train or are held out, and how many are scored: the same."""
    data = Folder(folder)
    assert len(data.train.x) + len(data.test.x) == len(load_samples(folder, real).x)
    return len(load_samples(folder, real).x)


def refused(folder, real):
    """The sentence with which a folder is refused, in training and in scoring."""
    with pytest.raises(DataError) as by_folder:
        Folder(folder).train  # noqa: B018
    with pytest.raises(DataError) as by_eval:
        load_samples(folder, real)
    assert str(by_folder.value) == str(by_eval.value)
    return str(by_eval.value)


# ---------------------------------------------------------------- which files


def test_links_are_followed_and_each_folder_is_read_once(tmp_path, real):
    data = write_images(tmp_path / "data" / "a", 6).parent
    (data / "b").symlink_to(write_images(tmp_path / "elsewhere", 6, start=6))
    (data / "a" / "again").symlink_to(data)
    (data / "a" / "06.png").symlink_to(data / "a" / "00.png")  # a file that is linked is one more
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "elsewhere")
    assert used(data, real) == 13
    linked = tmp_path / "linked"
    linked.symlink_to(data)
    assert Folder(linked).revision == Folder(data).revision


def test_a_link_beside_its_folder_changes_no_revision(tmp_path):
    data = write_images(tmp_path / "data" / "b", 6).parent
    before = Folder(data).revision
    (data / "a").symlink_to(data / "b")
    assert Folder(data).revision == before


@pytest.mark.parametrize("name", ["5.png", "class", "notes.txt"])
def test_a_link_to_nothing_is_refused(tmp_path, real, name):
    (write_images(tmp_path / "data") / name).symlink_to(tmp_path / "gone")
    assert f"{tmp_path}/data/{name}: is a link to nothing; repair or remove it" in refused(tmp_path / "data", real)


def test_a_link_to_itself_is_refused(tmp_path, real):
    (write_images(tmp_path / "data") / "x").symlink_to("x")
    assert "data/x: cannot be read (Too many levels of symbolic links)" in refused(tmp_path / "data", real)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_folder_without_permission_is_refused(tmp_path, real, mode):
    closed = write_images(tmp_path / "data" / "b")
    write_images(tmp_path / "data" / "a")
    closed.chmod(mode)
    try:
        assert f"{closed}: cannot be read (Permission denied)" in refused(tmp_path / "data", real)
    finally:
        closed.chmod(0o700)


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_may_not_be_read_is_refused(tmp_path, real, kind, monkeypatch):
    """As where permission is missing, which root never lacks."""
    closed = write_images(tmp_path / "data" / "b") / ("." if kind == "folder" else "00.png")
    scandir, open_ = os.scandir, Image.open

    def refuse(function):
        def call(path, *arguments):
            if os.fspath(path) == os.fspath(closed):
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return function(path, *arguments)

        return call

    monkeypatch.setattr(os, "scandir", refuse(scandir))
    monkeypatch.setattr(Image, "open", refuse(open_))
    assert f"{closed}: cannot be read (Permission denied)" in refused(tmp_path / "data", real)


@pytest.mark.parametrize(
    "suffix",
    [*("jfif", "jpe", "jp2", "tga", "pbm", "pnm", "apng", "dib", "ico", "pcx", "webp", "tiff", "qoi", "sgi"), "PNG"],
)
def test_every_suffix_of_an_image_counts(tmp_path, real, suffix):
    write_images(tmp_path / "data", 8)
    formats = {"jfif": "JPEG", "jpe": "JPEG", "jp2": "JPEG2000", "apng": "PNG", "pbm": "PPM", "pnm": "PPM"}
    if suffix == "jp2" and not features.check("jpg_2000"):
        pytest.skip("Pillow cannot write JPEG 2000 here")
    if suffix == "ico":
        Image.fromarray(NOISE[8]).save(tmp_path / "data" / "x.ico", sizes=[(16, 16)], bitmap_format="bmp")
    else:
        Image.fromarray(NOISE[8]).save(tmp_path / "data" / f"x.{suffix}", formats.get(suffix))
    assert len(Folder(tmp_path / "data", channels="rgb").train.x) == 7
    if suffix != "ico":  # which has transparency
        assert used(tmp_path / "data", real) == 9


def test_a_pipe_is_refused(tmp_path, real):
    os.mkfifo(write_images(tmp_path / "data") / "x.png")
    assert "x.png: is a pipe or a device, and no file; remove it" in refused(tmp_path / "data", real)


def test_further_pages_and_frames_are_said(tmp_path, real):
    data = write_images(tmp_path / "data")
    pages = [Image.fromarray(x) for x in NOISE[20:23]]
    pages[0].save(data / "x.tif", save_all=True, append_images=pages[1:])
    pages[0].save(data / "y.png", save_all=True, append_images=pages[1:])
    with pytest.warns(GanzooWarning, match=r"x.tif: has more than one page or frame, .* first is used \(and 1 more\)"):
        assert len(Folder(data).train.x) == 12
    with pytest.warns(GanzooWarning, match="x.tif: has more than one page"):
        assert len(load_samples(data, real).x) == 14


# ---------------------------------------------------------------- bits a channel


def deep_png(kind, channels):
    """A PNG of 12-bit data in 16 bits, which Pillow does not write."""
    x = np.random.default_rng(0).integers(0, 4096, (16, 16, channels))
    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in x)

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", 16, 16, 16, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def deep_tiff():
    """Uncompressed, 16 bits for each of three channels."""
    tags = [(256, 16), (257, 16), (258, 122), (259, 1), (262, 2), (273, 128), (277, 3), (278, 16), (279, 16 * 16 * 6)]
    kinds = {258: (3, 3), 273: (4, 1), 279: (4, 1)}
    entries = [struct.pack("<HHII", tag, *kinds.get(tag, (3, 1)), value) for tag, value in tags]
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(entries) + struct.pack("<I", 0)
    return head + struct.pack("<HHH", 16, 16, 16) + NOISE[:1].repeat(2, -1).tobytes()


def encoded(form, **options):
    Image.fromarray(NOISE[0].repeat(2, 0).repeat(2, 1)).save(buffer := io.BytesIO(), form, **options)
    return buffer.getvalue()


def deep_jpeg2000():
    """The header of a file of 8 bits, changed to state 12."""
    raw = bytearray(encoded("JPEG2000"))
    at = raw.index(b"\xff\x4f\xff\x51") + 4 + 38
    raw[at] = raw[at + 3] = raw[at + 6] = 11
    return bytes(raw)


def deep_avif():
    raw = bytearray(encoded("AVIF"))
    at = raw.index(b"pixi") + 8
    assert raw[at : at + 4] == b"\3\10\10\10"
    raw[at + 1 : at + 4] = b"\12\12\12"
    raw[raw.index(b"av1C") + 6] |= 0x40  # high_bitdepth
    return bytes(raw)


def deep_icon():
    png = deep_png(6, 4)
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 64, len(png), 22) + png


DEEP = {
    "grey.png": lambda: deep_png(0, 1),
    "grey-alpha.png": lambda: deep_png(4, 2),
    "rgb.png": lambda: deep_png(2, 3),
    "rgba.png": lambda: deep_png(6, 4),
    "rgb.tif": deep_tiff,
    "rgb.ppm": lambda: b"P6 16 16 65535\n" + NOISE[:2].tobytes(),
    "twelve.ppm": lambda: b"P6 16 16 4095\n" + (NOISE[:2] & 15).tobytes(),
    "plain.ppm": lambda: b"P3 16 16 1023\n" + b" ".join(b"%d" % level for level in NOISE[0].ravel()),
    "grey.pgm": lambda: b"P5 16 16 4095\n" + (NOISE[0, :, :, :2] & 15).tobytes(),
    "float.pfm": lambda: b"Pf\n16 16\n-1.0\n" + NOISE[0, :, :, 0].astype("<f4").tobytes(),
    "rgb.sgi": lambda: struct.pack(">HBBHHHH", 474, 0, 2, 3, 16, 16, 3) + bytes(500) + NOISE[:2].tobytes(),
    "rgba.ico": deep_icon,
    "rgb.jp2": deep_jpeg2000,
    "rgb.avif": deep_avif,
}


@pytest.mark.parametrize("name", DEEP)
def test_more_than_8_bits_are_refused_alike(tmp_path, real, name):
    if (codec := {"rgb.avif": "avif", "rgb.jp2": "jpg_2000"}.get(name)) and not features.check(codec):
        pytest.skip("Pillow cannot write this format here")
    data = write_images(tmp_path / "data")
    (data / name).write_bytes(DEEP[name]())
    expected = (
        f"{data / name}: has more than 8 bits per channel; convert it to 8-bit grey or colour, for example to PNG"
    )
    assert refused(data, real) == expected


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("low.ppm", b"P6 16 16 15\n" + (NOISE[0] & 15).tobytes()),
        ("plain.ppm", b"P3 16 16 255\n" + b" ".join(b"%d" % level for level in NOISE[0].ravel())),
        ("high-colour.bmp", b"BM" + struct.pack("<IIIIiiHHIIiiII", 566, 0, 54, 40, 16, 16, 1, 16, 0, 512, 0, 0, 0, 0)
         + NOISE[0].tobytes()[:512]),
    ],
)  # fmt: skip
def test_8_bits_and_fewer_are_not(tmp_path, real, name, content):
    (write_images(tmp_path / "data") / name).write_bytes(content)
    assert used(tmp_path / "data", real) == 13


# ---------------------------------------------------------------- metadata and damage


def exif(*entries):
    packed = (struct.pack("<HHI", tag, kind, n) + value for tag, kind, n, value in entries)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + b"".join(packed) + bytes(4)


TURN = (0x0112, 3, 1, b"\6\0\0\0")


@pytest.mark.parametrize(
    ("entries", "turned"),
    [
        ([TURN], True),
        ([(0x0112, 2, 2, b"6\0\0\0")], False),
        ([(0x0112, 3, 1, b"\x63\0\0\0")], False),
        ([TURN, (0x011A, 2, 4, b"72\0\0")], True),
        ([TURN, (0x0103, 2, 4, b"ab\0\0")], True),
    ],
)
def test_odd_metadata_turn_an_image_or_do_not(tmp_path, real, entries, turned):
    image = Image.fromarray(NOISE[0])
    image.save(tmp_path / "plain.jpg")
    decoded = np.array(Image.open(tmp_path / "plain.jpg"))
    for i in range(4):
        write_images(tmp_path / "data", 0)
        image.save(tmp_path / "data" / f"{i}.jpg", exif=exif(*entries))
    expected = torch.from_numpy((np.rot90(decoded, -1) if turned else decoded).copy()).permute(2, 0, 1)
    assert torch.equal(Folder(tmp_path / "data").train.x[0], expected)
    assert torch.equal(load_samples(tmp_path / "data", real).x[0], expected)


@pytest.mark.parametrize("suffix", ["jpg", "tif", "png"])
def test_the_size_is_that_of_the_upright_image(tmp_path, suffix):
    turn = Image.Exif()
    turn[0x0112] = 6
    write_images(tmp_path / "data", 4)
    Image.fromarray(NOISE[0, :10]).save(tmp_path / "data" / f"x.{suffix}", exif=turn)
    with pytest.raises(DataError, match=rf"x.{suffix}: is 10 x 16, but most images are 16 x 16"):
        Folder(tmp_path / "data").train  # noqa: B018


@pytest.mark.skipif(not features.check("avif"), reason="Pillow cannot write AVIF here")
def test_whatever_pillow_raises_names_the_file(tmp_path, real):
    raw = bytearray(encoded("AVIF"))
    for at in range(len(raw)):  # the first byte whose loss libavif reports as a fault of the colours
        raw[at] ^= 255
        try:
            Image.open(io.BytesIO(raw)).load()
        except RuntimeError:
            break
        except Exception:
            pass
        raw[at] ^= 255
    (write_images(tmp_path / "data") / "z.avif").write_bytes(raw)
    assert "z.avif: cannot be read: damaged, or not an image (" in refused(tmp_path / "data", real)


def test_what_pillow_cannot_read_here_is_not_called_damaged(tmp_path, real):
    heic = struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(100)
    (write_images(tmp_path / "data") / "IMG.HEIC").write_bytes(heic)
    said = "Pillow cannot read .HEIC files here; convert it, for example to PNG"
    assert refused(tmp_path / "data", real) == f"{tmp_path}/data/IMG.HEIC: {said}"


def test_a_scan_beyond_pillow_s_limit_is_not_called_damaged(tmp_path, real, monkeypatch):
    write_images(tmp_path / "data")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    said = r"00.png: is too large: Pillow reads at most 200 pixels; make it smaller \(and 11 more\)"
    assert re.search(said, refused(tmp_path / "data", real))


def test_transparent_samples_are_refused_in_scoring_and_white_in_training(tmp_path, real):
    write_images(tmp_path / "data")
    Image.fromarray(NOISE[0]).save(tmp_path / "data" / "x.png", transparency=(1, 2, 3))
    assert len(Folder(tmp_path / "data").train.x) == 11
    with pytest.raises(DataError, match=r"x.png: is transparent; convert it yourself"):
        load_samples(tmp_path / "data", real)


def test_names_need_not_be_utf_8(tmp_path, real):
    write_images(tmp_path / "data")
    os.rename(tmp_path / "data" / "00.png", os.fsencode(tmp_path / "data") + b"/\xff\xfe.png")
    assert used(tmp_path / "data", real) == 12
