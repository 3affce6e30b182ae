"""ganzoo's conformance kit. A test that fails says what is wrong, why it matters, and how to mend it."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from ganzoo_translate import plugin
from PIL import Image

from ganzoo.testing import TIERS, conformance

EVERYTHING = "GANZOO_CONFORMANCE" in os.environ
"""Whether to train every combination, too: six minutes, where all other tests take three."""
NOT_MEASURED = {"learning"} if EVERYTHING else {"learning", "combination"}
"""The kit's short runs learn from data that gives nothing."""


NARROW = {"rrdb": {"width": 8, "blocks": 2, "growth": 4}, "unet": {"width": 8}, "resnet-translator": {"width": 8}}
"""Networks that are quick to build and to train."""


def two_folders():
    """30 images of 16x16 in each of two folders."""
    root, random = Path(tempfile.mkdtemp()), np.random.default_rng(0)
    atexit.register(shutil.rmtree, root)
    for folder in ("given", "to"):
        (root / folder).mkdir()
        for i in range(30):
            image = random.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(image).save(root / folder / f"{i}.png")
    return {name: str(root / name) for name in ("given", "to")}


test_conformance = conformance(
    plugin, tiers=[tier for tier in TIERS if tier not in NOT_MEASURED], options={"pairs": two_folders(), **NARROW}
)
