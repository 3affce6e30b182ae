"""Images of more than 8 bits a channel, most of which Pillow opens in a mode of 8 bits, and cuts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from PIL import Image

DEEP_MODES = ("I", "F")
"""Pillow's modes of more than 8 bits, and the beginnings of others, such as I;16B."""
Bits = Callable[[Image.Image, Path], Iterable[int]]


def is_deep(image: Image.Image, file: Path) -> bool:
    """Whether an image that was opened from `file`, and not loaded yet, has more than 8 bits in a channel."""
    bits = _BITS.get(image.format or "")
    return image.mode.startswith(DEEP_MODES) or (bits is not None and max(bits(image, file), default=0) > 8)


def _of_raw_mode(image: Image.Image, file: Path) -> Iterable[int]:
    """PNG: from Pillow's name for the layout of pixels, such as RGB;16B."""
    return [int(bits) for tile in image.tile for bits in re.findall(r";(\d+)", str(tile[3]))]  # type: ignore[attr-defined]


def _of_largest_level(image: Image.Image, file: Path) -> Iterable[int]:
    """PPM and its like: its header states the largest level, which Pillow keeps where it must rescale."""
    arguments = [tile[3] for tile in image.tile]  # type: ignore[attr-defined]
    return [
        each.bit_length() for some in arguments if isinstance(some, tuple) for each in some if isinstance(each, int)
    ]


def _of_tag(image: Image.Image, file: Path) -> Iterable[int]:
    """TIFF: the tag BitsPerSample."""
    bits: Iterable[int] = image.tag_v2.get(258, (1,))  # type: ignore[attr-defined]
    return bits


def _of_icons(image: Image.Image, file: Path) -> Iterable[int]:
    """ICO: the bit depth of each PNG in it, 8 bytes after the word IHDR."""
    return _bytes_after(b"IHDR", 8, file.read_bytes())


def _of_fourth_byte(image: Image.Image, file: Path) -> Iterable[int]:
    """SGI: bytes of a channel."""
    return [8 * file.read_bytes()[3]]


def _of_codestream(image: Image.Image, file: Path) -> Iterable[int]:
    """JPEG 2000 (ISO 15444-1, A.5.1): the marker SIZ, 38 bytes, and 3 for each component, the first its bits - 1."""
    raw = file.read_bytes()
    start = raw.find(b"\xff\x4f\xff\x51") + 4
    components = int.from_bytes(raw[start + 36 : start + 38], "big")
    return [(raw[start + 38 + 3 * i] & 0x7F) + 1 for i in range(components)]


def _of_pixel_information(image: Image.Image, file: Path) -> Iterable[int]:
    """AVIF and HEIF (ISO 23008-12, 6.5.6): boxes `pixi`, the bits of each channel after 4 bytes and their number."""
    raw = file.read_bytes()
    return [
        bits
        for match in re.finditer(rb"pixi.{4}([\1-\4])", raw, re.DOTALL)
        for bits in raw[match.end() :][: match[1][0]]
    ]


def _bytes_after(word: bytes, distance: int, raw: bytes) -> Iterable[int]:
    return [raw[match.end() + distance] for match in re.finditer(re.escape(word), raw[: -distance - 1])]


_BITS: dict[str, Bits] = {
    "AVIF": _of_pixel_information,
    "HEIF": _of_pixel_information,
    "ICO": _of_icons,
    "JPEG2000": _of_codestream,
    "PNG": _of_raw_mode,
    "PPM": _of_largest_level,
    "SGI": _of_fourth_byte,
    "TIFF": _of_tag,
}
"""Pillow's formats that can have more than 8 bits, and how many a file has."""
