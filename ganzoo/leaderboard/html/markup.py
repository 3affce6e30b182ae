"""Escaped HTML of specs, tables and lists. Not in a template, because a site may have thousands of pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape

from markupsafe import Markup

escaped = lru_cache(maxsize=50_000)(escape)
"""Text as HTML."""


def breakable_spec(text: str) -> Markup:
    """A spec with its options in a lighter colour, and places where a line may break."""
    parts = []
    for part in re.split(r"\+(?=[a-zA-Z])", text):
        head, colon, options = part.partition(":")
        broken = escaped(colon + options).replace(",", ",<wbr>")
        parts.append(f"{escaped(head)}<wbr><i>{broken}</i>" if colon else escaped(part))
    return Markup("<wbr>+".join(parts))


def html_table(name: str, titles: Sequence[str], rows: Iterable[Sequence[str] | str], kind: str) -> Markup:
    """A table that scrolls if it is too wide. A row's first text is its name; a row that is a string is a heading."""
    head = "".join(f'<th scope="col">{escaped(title)}</th>' for title in titles)
    lines = "\n".join(f"<tr>{_html_row(row, len(titles))}</tr>" for row in rows)
    return Markup(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escaped(name)}"><table class="{kind}">\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody></table></div>"
    )


def _html_row(row: Sequence[str] | str, width: int) -> str:
    if isinstance(row, str):
        return f'<th class="group" scope="rowgroup" colspan="{width}">{escaped(row)}</th>'
    first, *rest = row
    return f'<th scope="row">{escaped(first)}</th>' + "".join(f"<td>{escaped(text)}</td>" for text in rest)


def fact_list(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Names with their values."""
    inside = "\n".join(f"<div><dt>{escaped(name)}</dt><dd>{escaped(text)}</dd></div>" for name, text in pairs)
    return Markup(f'<dl class="facts">\n{inside}\n</dl>')
