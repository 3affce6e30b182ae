"""What a plugin's own data sets give to the checks of its other parts: shapes, names, samples."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from ganzoo.interfaces.datasets import Dataset
from ganzoo.recipes import recipe
from ganzoo.support.errors import DataError, SpecError
from ganzoo.testing.under_test import PartUnderTest


def own_data(part: PartUnderTest, kind: str | None = None) -> Iterator[Dataset]:
    """The data sets of the part's plugin, of one kind; those that need neither options nor files that are not here."""
    for entry in part.plugin.entries() if part.plugin.plugin else []:
        if entry.component.kind == "dataset":
            with suppress(SpecError, DataError):
                data = recipe.dataset(entry.name)
                _ = data.splits
                if kind in (None, data.kind):
                    yield data
