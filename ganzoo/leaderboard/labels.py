"""What rows are called: the spec, and where that is not enough, what else differs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from ganzoo.leaderboard.numbers import counted
from ganzoo.leaderboard.rows import Row
from ganzoo.recipes.options import written


def name_rows(rows: Sequence[Row]) -> None:
    """Give each row a label unlike the others'."""
    alike: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        alike[row.record.spec.partition("@")[0]].append(row)
    for label, group in alike.items():
        names = _apart(group) if len(group) > 1 else [""]
        for row, name in zip(group, names, strict=True):
            row.label = f"{label} ({name})" if name else label


def _apart(group: Sequence[Row]) -> list[str]:
    """The settings that differ, and the recipe's id where they do not tell rows apart."""
    settings: list[dict[str, Any]] = [row.record.settings for row in group]
    names = [name for name in settings[0] if len({written(s.get(name)) for s in settings}) > 1]
    texts = [", ".join(_setting(name, s.get(name)) for name in names) for s in settings]
    many = len(set(texts)) < len(texts)
    ids = [row.record.recipe_id[:6] for row in group]
    return [", ".join(filter(None, [text, id_ if many else ""])) for text, id_ in zip(texts, ids, strict=True)]


def _setting(name: str, value: object) -> str:
    return f"{counted(value)} images" if name == "images" and isinstance(value, int) else f"{name}={written(value)}"


def slug(row: Row) -> str:
    """A name of a file: of characters that are safe whoever wrote the record."""
    data, revision, recipe, images = row.combination
    return re.sub(r"[^0-9a-zA-Z.-]+", "-", f"{data}-{recipe}-{images}-{revision[:6]}").strip("-.")[:100]
