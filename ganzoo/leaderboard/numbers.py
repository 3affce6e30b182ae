"""How numbers are written for people."""

from __future__ import annotations

import math
from collections.abc import Callable


def short(x: float | None, digits: int = 3) -> str:
    """Three significant digits: "6.11", "0.0107", "1,530"; a failed value is "failed", none is "-"."""
    if x is None or math.isnan(x):
        return "-"
    if math.isinf(x):
        return "failed"
    if x == int(x) and abs(x) < 1e6:
        return f"{int(x):,}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(x)))) if abs(x) >= 1e-4 else 0
    return f"{x:,.{min(decimals, 6)}f}" if abs(x) >= 1e-4 else f"{x:.2g}"


def counted(x: float | None) -> str:
    """ "700k", "1.5M"; none is "-"."""
    if x is None:
        return "-"
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(x) >= size:
            return f"{x / size:.3g}{unit}"
    return f"{x:.3g}"


def span(low: float | None, high: float | None, write: Callable[[float | None], str] = short) -> str:
    """ "5.4 to 6.24"; empty where there is none."""
    return "" if low is None or high is None or low == high else f"{write(low)} to {write(high)}"


def percent(x: float | None) -> str:
    """ "38 %", "<1 %"."""
    if x is None:
        return "-"
    text = "<1%" if 0 < x < 0.01 else ">99%" if 0.99 < x < 1 else f"{x:.0%}"
    return text.replace("%", "\N{NO-BREAK SPACE}%")


def finite(x: float | None) -> float | None:
    """Fit for JSON."""
    return x if x is not None and math.isfinite(x) else None
