"""A calibration as a page of Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def report(calibration: dict[str, Any], command: str) -> str:
    """A page of Markdown with all that `calibrate` returned."""
    data, versions, repeats = calibration["data"], calibration["versions"], calibration["repeats"]
    measured = f"{calibration['created']} (ganzoo {versions['ganzoo']}, torch {versions['torch']})"
    sections = [
        f"# What scores mean on {data['name']}",
        f"Measured with `{command}` on {measured}. "
        f"All samples are real: {data['test']:,} held-out ones, compared with {data['train']:,} of the train split "
        f"(revision {data['revision']}). Means of {repeats} repetitions ± their standard deviation, which is 0 "
        " where each repetition takes all samples. Numbers against held-out data (`fid.heldout`, "
        "`memorization.gap`) start better than a generator's can, because the samples are held-out data themselves.",
        "## Real data against real data, by the number of samples",
        table("n", calibration["floors"], calibration["better"]),
    ]
    for name, ladder in calibration["ladders"].items():
        steps = {f"{step['level']:g}": step["values"] for step in ladder["steps"]}
        title = f"## {name[0].upper()}{name[1:]} ({ladder['unit']}), {calibration['n']:,} samples"
        sections += [title, table(name, steps, calibration["better"])]
    sections += [
        "## Not monotone",
        _list(calibration["not_monotone"], "A further step improves these by three standard errors:"),
        "## Blind",
        _list(calibration["blind"], "The last step does not worsen these by three standard errors:"),
    ]
    return "\n\n".join(sections) + "\n"


def table(head: str, columns: dict[str, dict[str, Any]], better: dict[str, str]) -> str:
    """A row for each number, a column for each step."""
    names = dict.fromkeys(name for values in columns.values() for name in values)
    lines = [_line([head, *columns]), _line(["---"] * (len(columns) + 1))]
    for name in names:
        way = better[name.partition(" ")[0]]
        lines.append(_line([f"{name}, {way} is better", *(_cell(values.get(name)) for values in columns.values())]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: dict[str, float] | None) -> str:
    return "" if value is None else f"{value['mean']:.4g} ± {value['sd']:.2g}"


def _list(rows: Sequence[dict[str, Any]], head: str) -> str:
    lines = [f"- {r['number']}: {r['ladder']}" + (f" to {r['level']:g}" if "level" in r else "") for r in rows]
    return "\n".join([head, "", *lines]) if lines else "None."
