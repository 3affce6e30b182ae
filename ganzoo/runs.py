"""Where runs are, and which there are."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ganzoo.records import value

PRIMARY = ("fid", "kl")


def root_of_runs() -> Path:
    """`GANZOO_RUNS`, or `runs` here."""
    return Path(os.environ.get("GANZOO_RUNS") or "runs")


def find(root: Path) -> list[dict[str, Any]]:
    """Every run directory below `root`, by path: spec, seed, status, images, metrics. Broken ones say so."""
    return [_row(path.parent) for path in sorted(root.glob("**/recipe.json"))]


def _row(path: Path) -> dict[str, Any]:
    try:
        header = json.loads((path / "recipe.json").read_text())
        result_file = path / "result.json"
        result = json.loads(result_file.read_text()) if result_file.exists() else None
        row = {"path": str(path), "spec": header["spec"], "seed": header["seed"], "recipe_id": header["id"]}
        if result is None:
            return row | {"status": "unfinished", "images": None, "metrics": {}}
        return row | {
            "status": result["status"],
            "images": result["budget"]["images"],
            "metrics": result["metrics"],
        }
    except (OSError, ValueError, KeyError) as error:
        why = f"unreadable ({type(error).__name__}: {error})"
        return {"path": str(path), "spec": "", "seed": None, "status": why, "images": None, "metrics": {}}


def score(row: dict[str, Any]) -> str:
    """The metric that ranks, beside its floor where it has one, and modes: "fid 23.1 (floor 12.8), modes 10"."""
    metrics = row["metrics"]
    name = next((name for name in PRIMARY if value(metrics, name) is not None), None)
    if name is None:
        return ""
    floor, modes = value(metrics, f"{name}.floor"), value(metrics, "modes@1")
    said = f"{name} {value(metrics, name):.3g}" + (f" (floor {floor:.3g})" if floor is not None else "")
    return said + (f", modes {modes:.0f}" if modes is not None else "")
