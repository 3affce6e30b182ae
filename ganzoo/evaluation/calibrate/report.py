"""A calibration as a page of Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def page(found: dict[str, Any], command: str) -> str:
    """All of it, for people: what `calibrate` gave."""
    data, versions = found["data"], found["versions"]
    parts = [
        f"# What scores mean on {data['name']}",
        f"Measured with `{command}` on {found['created']} (ganzoo {versions['ganzoo']}, torch {versions['torch']}). "
        f"All samples are real: {data['test']:,} held-out ones, beside {data['train']:,} of the train split (revision "
        f"{data['revision']}). Means of {found['repeats']} repetitions; behind ±, their standard deviation, which is "
        "none where they are all the samples that there are. Numbers against held-out data (`fid.heldout`, "
        "`memorization.gap`) start better than a generator's can, because the samples are held-out data themselves.",
        "## Real data against real data, by the number of samples",
        table("n", found["floors"], found["better"]),
    ]
    for name, ladder in found["ladders"].items():
        steps = {f"{step['level']:g}": step["values"] for step in ladder["steps"]}
        title = f"## {name[0].upper()}{name[1:]} ({ladder['unit']}), {found['n']:,} samples"
        parts += [title, table(name, steps, found["better"])]
    parts += [
        "## Not monotone",
        _odd(found["not_monotone"], "A further step makes these better, not worse, by three standard errors:"),
    ]
    parts += [
        "## Blind",
        _odd(found["blind"], "The last step makes these no worse than real data, by three standard errors:"),
    ]
    return "\n\n".join(parts) + "\n"


def table(head: str, columns: dict[str, dict[str, Any]], better: dict[str, str]) -> str:
    """A row for each number, a column for each step."""
    names = dict.fromkeys(name for values in columns.values() for name in values)
    lines = [_line([head, *columns]), _line(["---"] * (len(columns) + 1))]
    for name in names:
        arrow = "lower" if better[name.partition(" ")[0]] == "lower" else "higher"
        lines.append(_line([f"{name}, {arrow} is better", *(_cell(values.get(name)) for values in columns.values())]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: dict[str, float] | None) -> str:
    return "" if value is None else f"{value['mean']:.4g} ± {value['sd']:.2g}"


def _odd(rows: Sequence[dict[str, Any]], said: str) -> str:
    lines = [f"- {r['number']}: {r['ladder']}" + (f" to {r['level']:g}" if "level" in r else "") for r in rows]
    return "\n".join([said, "", *lines]) if lines else "None."
