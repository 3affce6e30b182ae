"""The kit as pytest sees it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from ganzoo.testing.cases import Case, cases
from ganzoo.testing.check import TIERS


def conformance(
    plugin: ModuleType | str | Path,
    *,
    tiers: Collection[str] = TIERS,
    expected_failures: Mapping[str, str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> Callable[[Case], None]:
    """A test for each check and each part that `plugin` registers; give it a name that begins with `test_`.

    `plugin` is the module with the hook. `expected_failures` maps a check, or "part-check", to the reason why it fails:
    such a case must fail, until it is mended. They may also be `EXPECTED_FAILURES` in the module itself, where
    `ganzoo plugin check` finds them too. `options` are those without which a part cannot be built, by its name:
    {"folder": {"path": "tests/images"}}. Raises `ValueError` for a tier, a check or a part that there is not.
    """
    import pytest

    found = cases(plugin, tiers, expected_failures, options)

    @pytest.mark.parametrize("case", found, ids=str)
    def test_conformance(case: Case) -> None:
        outcome = case.run()
        if outcome.status == "skipped":
            pytest.skip("; ".join(outcome.said))
        if outcome.status == "expected":
            pytest.xfail(case.reason)
        if outcome.status == "failed":
            pytest.fail(case.tell(outcome), pytrace=False)

    return test_conformance
