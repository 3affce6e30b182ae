"""Every exception that a caller may meet, with the exit code of a command that it ends. Standard library only."""

from __future__ import annotations

from typing import ClassVar


class GanzooWarning(UserWarning):
    """What works, but should be known: a combination that seldom trains well, or files of data that are not used.

    A term raises it in `attach`; the run records it.
    """


class Failed(Exception):
    """Something that should have worked did not."""

    exit_code: ClassVar[int] = 1


class WrongUse(Exception):
    """What is requested cannot be done."""

    exit_code: ClassVar[int] = 2


class SpecError(WrongUse, ValueError):
    """A recipe that cannot be made: `faults` has all of its mistakes, a sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        several = [f"{len(self.faults)} mistakes:", *(f"  - {fault}" for fault in self.faults)]
        return self.faults[0] if len(self.faults) == 1 else "\n".join(several)


class Incompatible(WrongUse):
    """Parts or settings that cannot be combined. The message says why, and what to do instead."""


class UnknownName(WrongUse, LookupError):
    """A name that no part has, or more than one. The message lists the nearest names and says what to do."""


class Unloadable(Failed, ImportError):
    """A component whose target cannot be imported. The message says whose it is and why."""


class NoPlugin(WrongUse):
    """What was named is no plugin, or cannot be loaded. The message says why, and what to do."""


class CannotWrite(WrongUse):
    """The package cannot be written. The message says why, and what to do."""


class DataError(Failed):
    """A data set cannot be read. The message names the file and says what to do."""


class Unavailable(DataError):
    """The weights of an extractor are not here, and cannot be had. The message says where they were looked for."""


class DeviceError(WrongUse):
    """The requested device or execution is not available."""


class CaptureError(Failed):
    """A move cannot be captured in a graph. It is raised in the first moves, so nothing is lost."""


class WorldError(WrongUse):
    """These processes cannot train together."""


class RunError(Failed):
    """A run directory cannot be used. The message says why, and what to do."""


class BoardError(WrongUse):
    """A board cannot be made. The message says why, and what to do."""


class Diverged(Exception):
    """A loss or a weight is not finite. A run that diverged has a result, so this ends no command."""


class Interrupted(KeyboardInterrupt):
    """A run was stopped by a signal, after writing a checkpoint. The message says how to resume."""

    def __init__(self, message: str, signum: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signum
