"""ganzoo's conformance kit. A test that fails says what is wrong, why it matters, and how to mend it."""

import atexit
import shutil
import tempfile
from pathlib import Path

import numpy as np
from ganzoo_translate import plugin
from PIL import Image

from ganzoo.testing import TIERS, conformance

NOT_MEASURED = "learning"  # the kit's short runs need data that gives nothing


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
    plugin, tiers=[tier for tier in TIERS if tier != NOT_MEASURED], options={"pairs": two_folders()}
)
