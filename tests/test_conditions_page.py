"""The examples of docs/conditions.md: files as they stand there, commands as a reader would type them."""

import re
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ganzoo.cli import main

PAGE = (Path(__file__).parents[1] / "docs" / "conditions.md").read_text()
EXAMPLES = re.findall(r"```python\n# (\w+)\.py\n(.*?)```\n\n```sh\n(.*?)\n```", PAGE, re.DOTALL)
MORE = {
    "negatives": ["sample {run} -n 4 --out x.npz --with negatives.py"],
    "walks": ["sample {run} -n 50 --out walks.txt --with walks.py", "eval walks.txt --data walks --with walks.py"],
    "critics": [],
}


@pytest.mark.parametrize(("name", "source", "command"), EXAMPLES, ids=[name for name, *_ in EXAMPLES])
def test_an_example_works(name, source, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(f"{name}.py").write_text(source)
    try:
        for line in [f"{command} --out run", *MORE[name]]:
            arguments = shlex.split(line.replace("ganzoo ", "").replace("{run}", "run"))
            done = CliRunner().invoke(main, arguments)
            assert done.exit_code == 0, done.output
    finally:
        sys.modules.pop(name, None)


def test_every_kind_of_example_is_there():
    assert [name for name, *_ in EXAMPLES] == list(MORE)
