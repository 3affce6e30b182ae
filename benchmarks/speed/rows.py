"""What a measurement leaves: a line of JSON, with machine, commit, date and versions."""

import datetime
import json
from pathlib import Path

import torch

import ganzoo
from ganzoo.runs.environment import commit, processor
from ganzoo.training.engine import cores

RESULTS = Path(__file__).parents[1] / "results"


def keep(row: dict, command: str, file: str, write: bool) -> None:
    """Print a row and, if it is to be written, append it to a file of `results/`."""
    row |= {"date": datetime.date.today().isoformat(), "torch": str(torch.__version__)}
    row |= {"ganzoo": ganzoo.__version__, "commit": commit()[0], "command": command}
    row |= {"machine": f"{cores()} cores of {processor()}"}
    print(json.dumps(row), flush=True)
    if write:
        with open(RESULTS / file, "a") as lines:
            lines.write(json.dumps(row) + "\n")
