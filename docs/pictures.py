"""Makes the pictures of README.md: `python docs/pictures.py`. It takes a few minutes on two cores, and needs Chromium.

Chromium takes the picture of the board's page. Runs go to a temporary folder, or to the folder given as an argument,
where finished runs are not trained again.
"""

import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
COLLAPSE = "mlp+bce@ring8 -s ttur=0.25 --images 400k"
CURE = "mlp+r3@ring8 --images 400k"
BROWSER = "chromium --headless --no-sandbox --disable-gpu --hide-scrollbars"
LARGEST = 150_000
"""Bytes of a picture."""


def call(command: str) -> None:
    """Run a command in the root of the repository, and show it. `ganzoo` is that of this interpreter."""
    print("$", command, flush=True)
    program, *arguments = shlex.split(command)
    here = [sys.executable, "-m", "ganzoo"] if program == "ganzoo" else [program]
    subprocess.run([*here, *arguments], cwd=ROOT, check=True)


def digits(runs: Path) -> None:
    """Samples, and curves of losses and scores, of the default recipe."""
    run = runs / "digits"
    call(f"ganzoo run dcgan+wgangp -q --out {run}")
    call(f"ganzoo sample {run} -n 64 --grid {IMAGES / 'digits-samples.png'}")
    call(f"ganzoo plot {run} --out {IMAGES / 'digits-curves.png'}")


def ring(runs: Path) -> None:
    """Mode collapse on eight Gaussians, and its cure."""
    for name, arguments in {"collapse": COLLAPSE, "cure": CURE}.items():
        run = runs / f"ring8-{name}"
        call(f"ganzoo run {arguments} -q --out {run}")
        call(f"ganzoo sample {run} -n 1000 --grid {IMAGES / f'ring8-{name}.png'}")
        call(f"ganzoo eval {run}")


def board(runs: Path) -> None:
    """The top of the board's page."""
    call(f"ganzoo board benchmarks/results/board --html {runs / 'board'}")
    page = (runs / "board" / "index.html").resolve().as_uri()
    call(f"{BROWSER} --window-size=1280,900 --screenshot={IMAGES / 'board.png'} {page}")


def shrink(path: Path) -> None:
    """Write a picture with at most 256 colours. Raises `ValueError` where it is still too large."""
    Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    if (size := path.stat().st_size) > LARGEST:
        raise ValueError(f"{path} has {size:,} bytes, more than {LARGEST:,}")


def main(runs: Path) -> None:
    """All pictures."""
    IMAGES.mkdir(exist_ok=True)
    for pictures in (digits, ring, board):
        pictures(runs)
    for path in sorted(IMAGES.glob("*.png")):
        shrink(path)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else temporary).resolve())
