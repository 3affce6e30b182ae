"""The losses and scores of runs, as their logs have them, against real images shown to D."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from PIL import Image

from ganzoo.interfaces.scores import from_metrics
from ganzoo.plots.panels import Line, LoggedValue, Panel, draw_panels
from ganzoo.plots.theme import render

MAX_POINTS = 500
"""Of a line. A longer one is drawn as the means of neighbours."""


class Log(NamedTuple):
    """What a run has logged: losses by term, such as "d/wgan", and scores by name and protocol."""

    losses: dict[str, list[LoggedValue]]
    scores: dict[tuple[str, str], list[LoggedValue]]


def read_log(path: Path) -> Log:
    """The content of a `log.jsonl`, without a line that a run is still writing."""
    log = Log({}, {})
    for text in path.read_bytes().splitlines() if path.exists() else ():
        try:
            entry = msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.MsgspecError:
            continue
        for term, value in entry.get("losses", {}).items():
            log.losses.setdefault(term, []).append((entry["images"], value))
        for score in from_metrics(entry.get("metrics", {})):
            log.scores.setdefault((score.name, score.protocol), []).append((entry["images"], score.value))
    return log


def run_curves(log: Log) -> Image.Image | None:
    """One run: a panel for the losses of each player and for each family of scores. None if nothing is logged."""
    terms = {p: {t[2:]: _thinned(line) for t, line in log.losses.items() if t.startswith(f"{p}/")} for p in "dg"}
    panels = [Panel(f"Loss of {player.upper()}, by term", lines) for player, lines in terms.items() if lines]
    families: dict[tuple[str, str], dict[str, Line]] = {}
    for (name, protocol), line in log.scores.items():
        if _is_curve(name, log) and any(value is not None for _, value in line):
            families.setdefault((name.partition("@")[0], protocol), {})[name] = line
    for (family, protocol), lines in families.items():
        panels.append(Panel(family, lines, protocol, _floor([log], lines, protocol)))
    return render(draw_panels(panels)) if panels else None


def compared_curves(runs: Mapping[str, Log]) -> Image.Image | None:
    """Several runs by name: a panel for each score and for each term of two runs. None if nothing is logged."""
    panels = []
    for name, protocol in dict.fromkeys(score for log in runs.values() for score in log.scores):
        if any(_is_curve(name, log) for log in runs.values()):
            lines: dict[str, Line] = {
                run: log.scores[name, protocol] for run, log in runs.items() if (name, protocol) in log.scores
            }
            panels.append(Panel(name, lines, protocol, _floor(runs.values(), [name], protocol)))
    for term in dict.fromkeys(term for log in runs.values() for term in log.losses):
        lines = {run: _thinned(log.losses[term]) for run, log in runs.items() if term in log.losses}
        if len(lines) > 1:
            panels.append(Panel(f"Loss of {term[0].upper()}: {term[2:]}", lines))
    return render(draw_panels(panels, list(runs))) if panels else None


def _is_curve(name: str, log: Log) -> bool:
    """Whether a score has a curve of its own: fid.floor is a level of fid, and count.3 one of many counts."""
    stem, _, end = name.rpartition(".")
    return not stem or not (end.isdigit() or stem in {other for other, _ in log.scores})


def _floor(logs: Iterable[Log], names: Iterable[str], protocol: str) -> float | None:
    """What real data scores, if all agree. The protocol of a floor may have further conditions."""
    floors = {f"{name}.floor" for name in names}
    scores = [score for log in logs for score in log.scores.items() if score[0][0] in floors]
    values = {line[-1][1] for (_, conditions), line in scores if f"{conditions},".startswith(f"{protocol},")}
    return values.pop() if len(values) == 1 else None


def _thinned(line: Line) -> Line:
    size = -(-len(line) // MAX_POINTS)
    parts = [line[i : i + size] for i in range(0, len(line), size)]
    values = [[y for _, y in part if y is not None] for part in parts]
    return [(part[-1][0], sum(ys) / len(ys) if ys else None) for part, ys in zip(parts, values, strict=True)]
