"""A case is one check of one part. This is the same whether pytest runs it or `ganzoo plugin check`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from ganzoo.interfaces.component import KINDS
from ganzoo.support.messages import nearest, sentence
from ganzoo.testing.check import PLUGIN, TIERS, Check, Skip
from ganzoo.testing.subject import Candidate, Subject, subject

Status = Literal["passed", "failed", "skipped", "expected"]


@dataclass(frozen=True)
class Outcome:
    """What came of a case. "expected": it fails, as was said before."""

    status: Status
    said: tuple[str, ...] = ()
    """The faults, or why there was nothing to check."""


@dataclass(frozen=True)
class Case:
    """One check of one part."""

    check: Check
    subject: Subject
    candidate: Candidate | None
    """None: the plugin as a whole."""
    reason: str = ""
    """Why it is expected to fail; empty if it is not."""

    @property
    def part(self) -> str:
        """The part's name, or "plugin"."""
        return self.candidate.component.name if self.candidate else PLUGIN

    def __str__(self) -> str:
        return f"{self.check.tier}-{self.part}-{self.check.name}"

    def run(self) -> Outcome:
        """Check. Whatever goes wrong is a fault."""
        try:
            with self.subject.knowing():
                faults = tuple(self.check.run(self.candidate or self.subject))
        except Skip as why:
            return Outcome("skipped", (str(why),))
        except Exception as error:
            faults = (sentence(error),)
        if self.reason:
            passed = f"it is expected to fail ({self.reason}), but passes; say no longer that it fails"
            return Outcome("expected", faults) if faults else Outcome("failed", (passed,))
        return Outcome("failed", faults) if faults else Outcome("passed")

    def tell(self, outcome: Outcome) -> str:
        """What a person reads of a failure: what, why, how to mend it, and where that is said."""
        what = "\n".join(f"{self.part}: {fault}" for fault in outcome.said)
        return f"{what}\n  why   {self.check.why}\n  mend  {self.check.mend}\n  see   {self.check.see}"


def cases(
    plugin: ModuleType | str | Path,
    tiers: Collection[str] = TIERS,
    expected_failures: Mapping[str, str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Case]:
    """Every check of every part that a plugin registers, in the order of the tiers.

    `plugin` is a module, a folder with a pyproject.toml, a .py file, or the id of an installed plugin; the arguments
    are those of `conformance`. Raises `ValueError` for a tier, a check or a part that there is not.
    """
    for tier in tiers:
        if tier not in TIERS:
            raise ValueError(f"there is no tier {tier!r}{nearest(tier, TIERS)}")
    found = subject(plugin)
    expected, given = {**found.expected, **(expected_failures or {})}, options or {}
    candidates = [Candidate(e, found, given.get(e.component.name, {})) for e in found.entries()]
    made = [case for tier in TIERS for case in _of_tier(tier, found, candidates, expected)]
    _refuse_strangers(expected, {key for case in made for key in _keys(case)}, "expected to fail")
    _refuse_strangers(given, {c.component.name for c in candidates}, "given options")
    return [case for case in made if case.check.tier in tiers]


def _of_tier(tier: str, found: Subject, candidates: list[Candidate], expected: Mapping[str, str]) -> Iterator[Case]:
    checks: tuple[Check, ...] = import_module(f"ganzoo.testing.{tier}").CHECKS
    for candidate in (None, *sorted(candidates, key=lambda c: KINDS.index(c.component.kind))):
        kind = candidate.component.kind if candidate else PLUGIN
        for check in checks:
            if kind in check.kinds:
                case = Case(check, found, candidate)
                yield Case(check, found, candidate, next((expected[k] for k in _keys(case) if k in expected), ""))


def _keys(case: Case) -> tuple[str, str]:
    """What an expected failure may be called by."""
    return f"{case.part}-{case.check.name}", case.check.name


def _refuse_strangers(named: Mapping[str, Any], known: Collection[str], what: str) -> None:
    for name in named:
        if known and name not in known:
            raise ValueError(f"{name!r} is {what}, but there is no such thing{nearest(name, known)}")
