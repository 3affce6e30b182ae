"""The table of scores, as `ganzoo eval`, `ganzoo runs` and the end of a run print it."""

from __future__ import annotations

from ganzoo.cli.text import table
from ganzoo.evaluation.table import ScoreTable, score_table
from ganzoo.interfaces.scores import Score, from_metrics
from ganzoo.runs.records import Result


def titled(title: str, scores: ScoreTable) -> str:
    """The title with what all scores have in common, the table, and what its baselines are."""
    head = f"{title}: {scores.protocol}" if scores.protocol else title
    return "\n".join([head, "", table(scores.lines, indent=""), *(["", scores.legend] if scores.legend else [])])


def of_result(result: Result) -> str:
    """The scores of a run's last evaluation. Empty if there was none."""
    if not result.metrics:
        return ""
    if not any(value is not None for value in result.metrics.values()):
        return "no score is defined; `ganzoo eval` of the files says why"
    better = {Score.parse(key, None).name: best.better for key, best in result.best.items()}
    return titled(f"scores against {result.dataset.name}", score_table({"value": from_metrics(result.metrics)}, better))
