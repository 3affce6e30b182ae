"""The contents of the first page: a section for each table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ganzoo.leaderboard.columns import Column, columns, metric_title
from ganzoo.leaderboard.formats import table_remarks
from ganzoo.leaderboard.html.figures import Figure, interval_scale, interval_svg, table_figures
from ganzoo.leaderboard.html.markup import breakable_spec, escaped
from ganzoo.leaderboard.html.style import FigureStyle
from ganzoo.leaderboard.published import PublishedTable
from ganzoo.leaderboard.rows import BoardRow
from ganzoo.leaderboard.tables import BoardTable


@dataclass(frozen=True)
class TableSection:
    """A table on the first page, with its figures."""

    id: str
    table: BoardTable
    title: str
    head: Sequence[Column]
    body: Markup
    remarks: Sequence[str]
    figures: Sequence[Figure]
    legend: Sequence[tuple[str, str]]
    published: Sequence[PublishedTable]


def table_section(table: BoardTable, index: int, published: Sequence[PublishedTable], linked: bool) -> TableSection:
    """`linked`: whether combinations have pages of their own."""
    style, head = FigureStyle(table), columns(table)
    links = {row: f"combinations/{row.page_name}.html" for row in table.rows} if linked else {}
    name = table.rows[0].record.dataset.name
    return TableSection(
        id=f"table-{index}",
        table=table,
        title=f"{table.data} by {metric_title(table.metric)}",
        head=head,
        body=_table_body(table, head, links),
        remarks=table_remarks(table),
        figures=table_figures(table, style, links),
        legend=style.legend(),
        published=[other for other in published if name in other.datasets],
    )


def _table_body(table: BoardTable, head: Sequence[Column], links: dict[BoardRow, str]) -> Markup:
    """The rows. Not in a template, because there may be thousands."""
    scale, lines, rank = interval_scale(table), list[str](), None
    for row in table.rows:
        start_of_rank = ' class="next"' if rank is not None and row.rank != rank else ""
        rank = row.rank
        first, *rest = (_cell(row, column) for column in head if column.name != "label")
        drawing = f'<td class="wide drawing">{interval_svg(row, scale)}</td>'
        cells = "".join([first, _label(row, links), drawing, *rest])
        lines.append(f"<tr{start_of_rank}>{cells}</tr>")
    return Markup("\n".join(lines))


def _cell(row: BoardRow, column: Column) -> str:
    value, detail = column.value(row), column.detail(row)
    sort_key = f' data-v="{value}"' if value is not None else ""
    small = f"<small>{escaped(detail)}</small>" if detail else ""
    name = column.name.replace("@", "-")
    return f'<td class="{column.width} {name}"{sort_key}>{escaped(column.text(row))}{small}</td>'


def _label(row: BoardRow, links: dict[BoardRow, str]) -> str:
    spec = breakable_spec(row.label)
    name = f'<a href="{escaped(links[row])}">{spec}</a>' if row in links else spec
    counts = {"failed": row.count("failed"), "collapsed": row.count("collapsed")}
    badges = [f"{count} of {row.n} {state}" for state, count in counts.items() if count]
    badges += ["covers less"] * bool(row.flags)
    spans = "".join(f' <span class="badge">{badge}</span>' for badge in badges)
    return f'<th scope="row" class="label">{name}{spans}</th>'
