"""Small pieces of HTML, escaped. In Python because a site may have thousands of pages of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape

from markupsafe import Markup

safe = lru_cache(maxsize=50_000)(escape)
"""Text as HTML."""


def spec(text: str) -> Markup:
    """A spec with its options in the background, and with places where it may break."""
    parts = []
    for part in re.split(r"\+(?=[a-zA-Z])", text):
        head, colon, options = part.partition(":")
        broken = safe(colon + options).replace(",", ",<wbr>")
        parts.append(f"{safe(head)}<wbr><i>{broken}</i>" if colon else safe(part))
    return Markup("<wbr>+".join(parts))


def grid(name: str, rows: Sequence[Sequence[str]], kind: str = "") -> Markup:
    """A table that scrolls where it is too wide; the first row has the titles, the first column names the rows."""
    head = "".join(f'<th scope="col">{safe(text)}</th>' for text in rows[0])
    lines = "\n".join(
        f'<tr><th scope="row">{safe(first)}</th>{"".join(f"<td>{safe(text)}</td>" for text in rest)}</tr>'
        for first, *rest in rows[1:]
    )
    return Markup(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{safe(name)}"><table class="{kind}">\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody></table></div>"
    )


def facts(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Names and what they are."""
    inside = "\n".join(f"<div><dt>{safe(name)}</dt><dd>{safe(text)}</dd></div>" for name, text in pairs)
    return Markup(f'<dl class="facts">\n{inside}\n</dl>')
