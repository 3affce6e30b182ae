"""Types of options and settings that state what they admit: `lr: Positive = 2e-4`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Positive = Annotated[float, Meta(gt=0)]
NonNegative = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]
Width = Annotated[int, Meta(ge=1, le=65_536)]
Beta = Annotated[float, Meta(ge=0, lt=1)]
