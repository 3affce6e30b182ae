"""Mistakes that are gathered, so that a user hears of all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ganzoo.support.errors import SpecError, UnknownName

T = TypeVar("T")


class Faults:
    """A collector. A function that finds a mistake raises `SpecError`; its caller may `collect` that, and carry on."""

    def __init__(self, messages: Iterable[str] = ()) -> None:
        self.messages = list(messages)

    def __bool__(self) -> bool:
        return bool(self.messages)

    def add(self, *messages: str) -> None:
        """A mistake, a sentence each."""
        self.messages += messages

    def collect(self, function: Callable[..., T], *arguments: Any, where: str = "") -> T | None:
        """`function(*arguments)`; None if it raises `SpecError` or `UnknownName`, whose sentences `where` heads."""
        try:
            return function(*arguments)
        except SpecError as error:
            self.add(*(where + fault for fault in error.faults))
        except UnknownName as error:
            self.add(where + str(error))
        return None

    def raise_if_any(self) -> None:
        """Raise `SpecError` with all of them, each once."""
        if self.messages:
            raise SpecError(list(dict.fromkeys(self.messages)))
