"""The conformance kit: which checks apply to a plugin, what comes of running one, and the test that pytest collects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from ganzoo.interfaces.component import KINDS
from ganzoo.support.messages import nearest, sentence
from ganzoo.testing.checks import PLUGIN, TIERS, Check, Skip
from ganzoo.testing.under_test import PartUnderTest, PluginUnderTest, find_plugin

MODULES = ("static", "build", "datasets", "metrics", "services", "mathematics", "penalties", "capture", "training")
"""The modules `ganzoo.testing.check_<name>`, which hold the checks. They import torch, so `cases` imports them."""


@dataclass(frozen=True)
class CheckOutcome:
    """The result of a case. "expected" means that it fails, and was declared to fail."""

    status: Literal["passed", "failed", "skipped", "expected"]
    messages: tuple[str, ...] = ()
    """The faults, or why the check was skipped."""


@dataclass(frozen=True)
class Case:
    """One check of one part, or of a plugin as a whole."""

    check: Check
    plugin: PluginUnderTest
    tested: PartUnderTest | None
    """None: the plugin as a whole."""
    reason: str = ""
    """Why it is expected to fail; empty if it is not."""

    @property
    def part(self) -> str:
        """The part's name, or "plugin"."""
        return self.tested.component.name if self.tested else PLUGIN

    def __str__(self) -> str:
        return f"{self.check.tier}-{self.part}-{self.check.name}"

    def run(self) -> CheckOutcome:
        """Run the check. An exception counts as a fault."""
        try:
            with self.plugin.activated():
                faults = tuple(self.check.run(self.tested or self.plugin))
        except Skip as why:
            return CheckOutcome("skipped", (str(why),))
        except Exception as error:
            faults = (sentence(error),)
        if self.reason and not faults:
            faults = (f"it is expected to fail ({self.reason}), but passes; remove it from the expected failures",)
            return CheckOutcome("failed", faults)
        return CheckOutcome("expected" if self.reason else "failed", faults) if faults else CheckOutcome("passed")

    def explain(self, outcome: CheckOutcome) -> str:
        """A failure for people: what is wrong, why it matters, how to mend it, and where the rule is documented."""
        faults = "\n".join(f"{self.part}: {fault}" for fault in outcome.messages)
        return f"{faults}\n  why   {self.check.why}\n  mend  {self.check.mend}\n  see   {self.check.see}"


def cases(
    plugin: ModuleType | str | Path,
    tiers: Collection[str] = TIERS,
    expected_failures: Mapping[str, str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Case]:
    """Every check of every part that a plugin registers, in the order of the tiers.

    `plugin` is a module, a folder with a pyproject.toml, a .py file, or the id of an installed plugin. The other
    arguments are those of `conformance`. Raises `ValueError` for an unknown tier, check or part.
    """
    for tier in tiers:
        if tier not in TIERS:
            raise ValueError(f"there is no tier {tier!r}{nearest(tier, TIERS)}")
    tested, options = find_plugin(plugin), options or {}
    expected = {**tested.expected_failures, **(expected_failures or {})}
    parts = [PartUnderTest(entry, tested, options.get(entry.component.name, {})) for entry in tested.entries()]
    parts.sort(key=lambda part: KINDS.index(part.component.kind))
    modules = [import_module(f"ganzoo.testing.check_{name}") for name in MODULES]
    checks = [check for module in modules for check in vars(module).values() if isinstance(check, Check)]
    every = [
        Case(check, tested, part, _reason(expected, part.component.name if part else PLUGIN, check.name))
        for tier in TIERS
        for part in (None, *parts)
        for check in checks
        if check.tier == tier and (part.component.kind if part else PLUGIN) in check.kinds
    ]
    names = {name for case in every for name in (case.check.name, f"{case.part}-{case.check.name}")}
    _require_known(expected, names, "expected_failures", "check")
    _require_known(options, {part.component.name for part in parts}, "options", "part")
    return [case for case in every if case.check.tier in tiers]


def _reason(expected: Mapping[str, str], part: str, check: str) -> str:
    """Why the check is expected to fail: "part-check" takes precedence over "check"."""
    return expected.get(f"{part}-{check}", expected.get(check, ""))


def _require_known(given: Mapping[str, Any], known: Collection[str], argument: str, what: str) -> None:
    for name in given:
        if known and name not in known:
            raise ValueError(f"{argument} has {name!r}, but there is no such {what}{nearest(name, known)}")


def conformance(
    plugin: ModuleType | str | Path,
    *,
    tiers: Collection[str] = TIERS,
    expected_failures: Mapping[str, str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> Callable[[Case], None]:
    """A pytest test of each check of each part that `plugin` registers. Assign it to a name that begins with `test_`.

    `plugin` is the module with the hook. `expected_failures` maps "check" or "part-check" to the reason why it fails;
    such a case must fail. The module of the plugin may define them as `EXPECTED_FAILURES` instead, which `ganzoo plugin
    check` reads too. `options` maps parts to options that they require: {"folder": {"path": "tests/images"}}. Raises
    `ValueError` for an unknown tier, check or part.
    """
    import pytest

    @pytest.mark.parametrize("case", cases(plugin, tiers, expected_failures, options), ids=str)
    def test_conformance(case: Case) -> None:
        outcome = case.run()
        if outcome.status == "skipped":
            pytest.skip("; ".join(outcome.messages))
        if outcome.status == "expected":
            pytest.xfail(case.reason)
        if outcome.status == "failed":
            pytest.fail(case.explain(outcome), pytrace=False)

    return test_conformance
