"""How numbers are written for people."""

from __future__ import annotations

import math
from collections.abc import Callable


def format_number(x: float | None) -> str:
    """Three significant digits: "6.11", "0.0107", "1,530"; infinity is "lost", a missing number "-"."""
    if x is None or math.isnan(x):
        return "-"
    if math.isinf(x):
        return "lost"
    if x == int(x) and abs(x) < 1e6:
        return f"{int(x):,}"
    if abs(x) < 1e-4:
        return f"{x:.2g}"
    decimals = max(0, 2 - math.floor(math.log10(abs(x))))
    return f"{x:,.{min(decimals, 6)}f}"


def format_count(x: float | None) -> str:
    """ "700k", "1.5M"; a missing number is "-"."""
    if x is None:
        return "-"
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(x) >= size:
            return f"{x / size:.3g}{unit}"
    return f"{x:.3g}"


def format_range(low: float | None, high: float | None, write: Callable[[float | None], str] = format_number) -> str:
    """ "5.4 to 6.24"; empty if there is no range."""
    return "" if low is None or high is None or low == high else f"{write(low)} to {write(high)}"


def format_percent(x: float | None) -> str:
    """ "38 %", "<1 %"; a missing number is "-"."""
    if x is None:
        return "-"
    text = "<1%" if 0 < x < 0.01 else ">99%" if 0.99 < x < 1 else f"{x:.0%}"
    return text.replace("%", "\N{NO-BREAK SPACE}%")
