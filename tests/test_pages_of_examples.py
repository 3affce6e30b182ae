"""The examples of docs/conditions.md and forms.md: files as they stand there, commands as a reader would type them."""

import re
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ganzoo.cli import main

DOCS = Path(__file__).parents[1] / "docs"
PAGES = "".join((DOCS / name).read_text() for name in ("conditions.md", "forms.md"))
EXAMPLES = re.findall(r"```python\n# (\w+)\.py\n(.*?)```\n\n```sh\n(.*?)\n```", PAGES, re.DOTALL)
MORE = {
    "negatives": ["sample {run} -n 4 --out x.npz --with negatives.py"],
    "walks": ["sample {run} -n 50 --out walks.txt --with walks.py", "eval walks.txt --data walks --with walks.py"],
    "critics": [],
    "sums": ["sample {run} -n 50 --out x.txt --with sums.py", "eval x.txt --data sums --with sums.py"],
    "moving": ["sample {run} -n 9 --out x.gif --with moving.py", "eval x.gif --data moving-digits --with moving.py"],
    "tables": ["sample {run} -n 40 --out x.csv --with tables.py", "eval x.csv --data tumours --with tables.py"],
    "anogan": ["plot {run} --with anogan.py"],
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
