"""The options of a part: the fields of its class, what they admit, and values for them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from ganzoo.interfaces.bounds import Count
from ganzoo.interfaces.schedule import Schedule
from ganzoo.recipes.hints import (
    bare,
    bounds_of,
    convert_to,
    in_words,
    is_finite,
    is_numeric,
    is_sequence,
    is_utf8,
    members_of,
    read_text,
    takes,
)
from ganzoo.recipes.schedules import CONSTANT, Halves, pieces
from ganzoo.support.messages import nearest


@dataclass(frozen=True)
class Option:
    """One option: a field of a part's class."""

    name: str
    hint: Any
    default: Any
    """`dataclasses.MISSING` if it must be given."""
    doc: str
    varies: bool = False
    """Whether a schedule may stand for a float in it."""

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.default is MISSING

    @property
    def type(self) -> str:
        """What it is, in words: "float or none", "batch|layer"."""
        return in_words(self.hint)

    @property
    def bounds(self) -> str:
        """Such as ">= 0, < 1"; empty for none."""
        return ", ".join(dict.fromkeys(bounds_of(self.hint)))

    @property
    def admits(self) -> str:
        """Type and bounds."""
        return f"{self.type} {self.bounds}".strip()

    def convert(self, given: object) -> Any:
        """Text, or a value, to a value of the option's type. Raises `ValueError` with what is wrong.

        Where the option varies, "2..0.2" becomes a `Schedule`, whose ends are values of the option's type.
        """
        if is_numeric(self.hint) and (parts := pieces(given)):
            return self._scheduled(given, parts)
        if takes(self.hint, float) and not is_finite(given):
            raise ValueError(f"{given!r} is not finite; {self.name} is {self.admits}")
        if isinstance(given, str | Path) and not is_utf8(str(given)):
            raise ValueError(f"{given!r} is not UTF-8, as files of a run are; give it a name that is, or link to it")
        try:
            return convert_to(self.hint, given)
        except (msgspec.ValidationError, ValueError, TypeError, OverflowError):
            raise ValueError(f"{given!r} is not {self.admits}{self._close(given)}") from None

    def _scheduled(self, given: object, parts: list[str | Halves]) -> Any:
        """Of "2..0.2" a schedule, of "0,0.9..0.99" a tuple with one."""
        if not self.varies:
            raise ValueError(
                f"{as_text(given)!r} is a schedule, but {self.name} is {self.admits} and stays; {CONSTANT}"
            )
        try:
            start, end = (self._end([text if isinstance(text, str) else text[i] for text in parts]) for i in (0, 1))
            made = [
                a if isinstance(text, str) else Schedule(_float(a), _float(b), _images(text.over))
                for text, a, b in zip(parts, start, end, strict=True)
            ]
        except ValueError as error:
            raise ValueError(f"{as_text(given)!r} is no schedule of {self.admits}: {error}") from None
        return tuple(made) if is_sequence(self.hint) else made[0]

    def _end(self, texts: list[Any]) -> Any:
        """One end of all schedules in a value, converted and checked as a value is."""
        value = self.convert(",".join(texts))
        return value if is_sequence(self.hint) else [value]

    def _close(self, given: object) -> str:
        words = [str(w) for m in members_of(bare(self.hint)) if get_origin(m) is Literal for w in get_args(m)]
        return nearest(given, words) if words and isinstance(given, str) else ""


def options(cls: type) -> dict[str, Option]:
    """The options of a part's class, its own first: the order in which a leading positional value takes the first."""
    hints, docs = get_type_hints(cls, include_extras=True), _docs(cls)
    inherited = _inherited(cls)
    made = {f.name: f for f in fields(cls) if f.init and f.name not in _idle(cls, inherited)}
    order = sorted(made, key=lambda name: name in inherited)
    varying = _varying(cls, hints)
    return {
        name: Option(name, hints[name], _default(made[name]), docs.get(name, ""), name in varying) for name in order
    }


def as_text(value: object) -> str:
    """A value as text that converts back to it: 5.0 as "5", (0.0, 0.9) as "0,0.9"."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ",".join(map(as_text, value))
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _inherited(cls: type) -> set[str]:
    """Fields that a term has from `Term` and does not declare anew."""
    from ganzoo.interfaces.terms import Loss, Regularizer, Term

    if not issubclass(cls, Term):
        return set()
    own = [c for c in cls.__mro__ if issubclass(c, Term) and c not in (Loss, Regularizer, Term)]
    return {f.name for f in fields(Term)} - {name for c in own for name in inspect.get_annotations(c)}


def _idle(cls: type, inherited: set[str]) -> set[str]:
    """Inherited fields that would do nothing: a term without a loss has nothing to weigh, a Loss is always due."""
    from ganzoo.interfaces.terms import Loss, Term

    if not issubclass(cls, Term):
        return set()
    weighs = cls.d is not Term.d or cls.g is not Term.g
    idle = {"every"} if weighs and issubclass(cls, Loss) else set() if weighs else {"weight", "every"}
    return idle & inherited


def _varying(cls: type, hints: dict[str, Any]) -> set[str]:
    """The options of a class for which a schedule may stand: floats of a term, or of the settings."""
    from ganzoo.interfaces.terms import Term
    from ganzoo.recipes.settings import Settings

    if not issubclass(cls, Term | Settings):
        return set()
    constant = cls.constant if issubclass(cls, Term) else ()
    return {name for name, hint in hints.items() if takes(hint, float) and name not in constant}


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


@cache
def _docs(cls: type) -> dict[str, str]:
    """Field -> the string literal after it, also of inherited fields."""
    return {name: doc for base in reversed(cls.__mro__) for name, doc in _own_docs(base)}


def _own_docs(cls: type) -> Iterator[tuple[str, str]]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):
        return
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    for field, text in pairwise(body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(doc))):
                yield name, inspect.cleandoc(doc)


def _float(value: object) -> float:
    """One end of a schedule."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{as_text(value)} is no end of one; write numbers, as in 2..0.2")
    return float(value)


def _images(text: str | None) -> int | None:
    """What follows the / of a schedule."""
    try:
        return None if text is None else int(msgspec.convert(read_text([int], text), Count, strict=False))
    except (msgspec.ValidationError, ValueError):
        raise ValueError(f"{text!r} is no number of images from 1; write it as in 2..0.2/500k") from None
