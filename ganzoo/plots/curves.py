"""A run's losses and scores, as its log has them, against images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from ganzoo.plots.chart import Panel, Values, figure

Series = Mapping[str, Values]
"""By the name of a term, "d/wgan", or the key of a metric, "fid[digits-judge-v1@1a2b3c4d,n=500]"."""
MOST = 500  # points of a line


def read_log(path: Path) -> Series:
    """What a `log.jsonl` holds. A line that is not whole, because a run is at it, is left out."""
    series: dict[str, list[tuple[float, float | None]]] = {}
    for line in _lines(path):
        for name, value in {**line.get("losses", {}), **line.get("metrics", {})}.items():
            series.setdefault(name, []).append((line["images"], value))
    return series


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            yield msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.MsgspecError:
            continue


def curves(series: Series) -> Image.Image | None:
    """One run: a panel for each player's losses, by term, and for each family of metrics. None: nothing is logged."""
    losses: dict[str, dict[str, Values]] = {}
    for name in filter(_is_loss, series):
        losses.setdefault(f"Loss of {name[0].upper()}, by term", {})[name[2:]] = _thinned(series[name])
    panels = [Panel(title, lines) for title, lines in losses.items()]
    families: dict[tuple[str, str], dict[str, str]] = {}
    for key in filter(_is_score, series):
        if all(value is None for _, value in series[key]):
            continue
        name, protocol = _read(key)
        families.setdefault((name.partition("@")[0], protocol), {})[name] = key
    for (family, protocol), keys in families.items():
        lines = {name: series[key] for name, key in keys.items()}
        panels.append(Panel(family, lines, protocol, _floor([series], keys.values())))
    return figure(panels) if panels else None


def compared(runs: Mapping[str, Series]) -> Image.Image | None:
    """Several runs by name: a panel for each metric, and for each term that two of them have. None: nothing is."""
    keys = list(dict.fromkeys(key for series in runs.values() for key in series))
    panels = []
    for key in sorted(keys, key=_is_score, reverse=True):
        lines = {run: _thinned(series[key]) for run, series in runs.items() if key in series}
        if _is_score(key):
            name, protocol = _read(key)
            panels.append(Panel(name, lines, protocol, _floor(runs.values(), [key])))
        elif _is_loss(key) and len(lines) > 1:
            panels.append(Panel(f"Loss of {key[0].upper()}: {key[2:]}", lines))
    return figure(panels, list(runs)) if panels else None


def _read(key: str) -> tuple[str, str]:
    """ "fid[digits,n=500]" -> "fid", "digits,n=500"."""
    name, _, protocol = key.partition("[")
    return name, protocol.removesuffix("]")


def _is_loss(key: str) -> bool:
    return key.startswith(("d/", "g/"))


def _is_score(key: str) -> bool:
    """A metric itself, and not what it is set beside, such as "fid.floor[...]"."""
    return not _is_loss(key) and "." not in _read(key)[0]


def _floor(runs: Iterable[Series], keys: Iterable[str]) -> float | None:
    """What real data score, where all runs and metrics agree on it."""
    starts = tuple("{}.floor[{}".format(*_read(key)) for key in keys)  # its protocol may say more
    found = {line[-1][1] for series in runs for name, line in series.items() if name.startswith(starts)}
    return found.pop() if len(found) == 1 else None


def _thinned(line: Values) -> Values:
    """Means of neighbours, where there are more points than a panel has room for."""
    size = -(-len(line) // MOST)
    return [_mean(line[i : i + size]) for i in range(0, len(line), size)] if size > 1 else line


def _mean(part: Values) -> tuple[float, float | None]:
    ys = [y for _, y in part if y is not None]
    return part[-1][0], sum(ys) / len(ys) if ys else None
