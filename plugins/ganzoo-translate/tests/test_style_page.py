"""The commands of STYLE.md, on small folders and a small budget."""

import re
import shlex
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from ganzoo_translate import plugin
from PIL import Image

from ganzoo.cli import main

USED = [] if entry_points(group="ganzoo", name="translate") else ["--with", plugin.__file__]
"""So that the page can be tried without installing the package."""
PAGE = (Path(__file__).parents[1] / "STYLE.md").read_text()
SMALLER = {"width=32": "width=4,blocks=2,d_width=4", "size=64": "size=16", "200k": "16", "batch=4": "batch=2"}


def test_a_reader_can_follow_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for folder, n in (("photos", 21), ("drawings", 24)):
        Path(folder).mkdir()
        for i in range(n):
            pixels = random.integers(256, size=(20, 24, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(f"{folder}/{folder}{i}.png")
    commands = re.findall(r"```sh\n(ganzoo .*?)\n```", PAGE)
    assert [command.split()[1] for command in commands] == ["run", "sample"]
    for command in commands:
        for text, less in SMALLER.items():
            command = command.replace(text, less)
        done = CliRunner().invoke(main, [*shlex.split(command)[1:], *USED])
        assert done.exit_code == 0, (command, done.output)
    translated = sorted(path.name for path in Path("translated").iterdir())
    assert translated == sorted(path.name for path in Path("photos").iterdir())
    assert Image.open("translated/photos3.png").size == (24, 20)
    assert list(Path("style/samples").glob("*.png"))
