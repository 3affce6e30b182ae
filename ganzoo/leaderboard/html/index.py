"""What the template of the first page is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from ganzoo.leaderboard.columns import Column, columns, title
from ganzoo.leaderboard.formats import remarks
from ganzoo.leaderboard.html.figures import Figure, figures, interval, interval_scale
from ganzoo.leaderboard.html.pieces import safe, spec
from ganzoo.leaderboard.html.style import Style
from ganzoo.leaderboard.labels import slug
from ganzoo.leaderboard.published import Source
from ganzoo.leaderboard.rows import Row
from ganzoo.leaderboard.tables import Table


@dataclass(frozen=True)
class Section:
    """A table on the first page."""

    id: str
    table: Table
    title: str
    head: Sequence[Column]
    body: Markup
    remarks: Sequence[str]
    figures: Sequence[Figure]
    legend: Sequence[tuple[str, str]]
    published: Sequence[Source]


def section(table: Table, index: int, sources: Sequence[Source], linked: bool) -> Section:
    """`linked`: whether combinations have pages of their own."""
    style, shown = Style(table), columns(table)
    links = {row: f"combinations/{slug(row)}.html" for row in table.rows} if linked else {}
    name = table.rows[0].record.dataset.name
    return Section(
        id=f"table-{index}",
        table=table,
        title=f"{table.data} by {title(table.metric)}",
        head=shown,
        body=body(table, shown, links),
        remarks=remarks(table),
        figures=figures(table, style, links),
        legend=style.legend(),
        published=[source for source in sources if name in source.beside],
    )


def body(table: Table, shown: Sequence[Column], links: dict[Row, str]) -> Markup:
    """The rows. Put together here because there may be thousands."""
    scale, lines, rank = interval_scale(table), list[str](), None
    for row in table.rows:
        kind = ' class="next"' if rank is not None and row.rank != rank else ""
        rank = row.rank
        first, *rest = (_cell(row, column) for column in shown if column.name != "label")
        drawn = f'<td class="wide drawing">{interval(row, scale)}</td>'
        inside = "".join([first, _label(row, links), drawn, *rest])
        lines.append(f"<tr{kind}>{inside}</tr>")
    return Markup("\n".join(lines))


def _label(row: Row, links: dict[Row, str]) -> str:
    named = spec(row.label)
    inside = f'<a href="{safe(links[row])}">{named}</a>' if row in links else named
    return f'<th scope="row" class="label">{inside}{_badges(row)}</th>'


def _cell(row: Row, column: Column) -> str:
    order, more = column.order(row), column.more(row)
    key = f' data-v="{order}"' if order is not None else ""
    small = f"<small>{safe(more)}</small>" if more else ""
    return f'<td class="{column.shown} {_class(column.name)}"{key}>{safe(column.text(row))}{small}</td>'


@cache
def _class(name: str) -> str:
    return name.replace("@", "-")


def _badges(row: Row) -> str:
    counts = {"failed": row.count("failed"), "collapsed": row.count("collapsed")}
    texts = [f"{count} of {row.n} {name}" for name, count in counts.items() if count]
    texts += ["covers less"] * bool(row.flags)
    return "".join(f' <span class="badge">{text}</span>' for text in texts)
