"""An attribute that is computed when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

T = TypeVar("T")


class Lazy(Generic[T]):
    """A quantity computed on first use and kept. Assigning to it replaces it.

    Not `functools.cached_property`: that holds a lock on Python 3.11, which dynamo refuses to trace.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute, self.name, self.__doc__ = compute, compute.__name__, compute.__doc__

    @overload
    def __get__(self, holder: None, owner: type) -> Lazy[T]: ...
    @overload
    def __get__(self, holder: object, owner: type) -> T: ...
    def __get__(self, holder: object | None, owner: type) -> Lazy[T] | T:
        if holder is None:
            return self
        value: T = self.compute(holder)
        holder.__dict__[self.name] = value
        return value

    if TYPE_CHECKING:  # at run time there must be none: only then does what is kept in `__dict__` come first

        def __set__(self, holder: object, value: T) -> None: ...
