"""Every exception that a caller may meet, with the exit code of a command that it ends. Standard library only."""

from __future__ import annotations

from typing import ClassVar


class GanzooWarning(UserWarning):
    """What was asked for goes together, but seldom ends well. A term warns in `attach`; the run records it."""


class SpecError(ValueError):
    """A recipe that cannot be: `faults` has all of its mistakes, a sentence each."""

    exit_code: ClassVar[int] = 2

    def __init__(self, faults: list[str]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        many = [f"{len(self.faults)} mistakes:", *(f"  - {fault}" for fault in self.faults)]
        return self.faults[0] if len(self.faults) == 1 else "\n".join(many)


class Incompatible(Exception):
    """What was asked for cannot go together. The message says why, and what to do instead."""

    exit_code: ClassVar[int] = 2


class UnknownName(LookupError):
    """A name that nothing answers to, or more than one thing. The message lists the nearest and what to do."""

    exit_code: ClassVar[int] = 2


class Unloadable(ImportError):
    """A component whose target cannot be imported. The message says whose it is and why."""

    exit_code: ClassVar[int] = 1


class NoPlugin(Exception):
    """What was named is no plugin, or cannot be loaded. The message says why, and what to do."""

    exit_code: ClassVar[int] = 2


class CannotWrite(Exception):
    """The package cannot be written as asked. The message says why, and what to do."""

    exit_code: ClassVar[int] = 2


class DataError(Exception):
    """A data set cannot be read. The message names the file and says what to do."""

    exit_code: ClassVar[int] = 1


class Unavailable(DataError):
    """The weights of an extractor are neither here nor to be had. The message says where they were looked for."""


class DeviceError(Exception):
    """The device that was asked for is not there."""

    exit_code: ClassVar[int] = 2


class CaptureError(Exception):
    """A move cannot be captured. Nothing is lost: it happens in the first moves."""

    exit_code: ClassVar[int] = 1


class WorldError(Exception):
    """These processes cannot train together."""

    exit_code: ClassVar[int] = 2


class RunError(Exception):
    """A run directory cannot be used as asked. The message says why, and what to do."""

    exit_code: ClassVar[int] = 1


class Diverged(Exception):
    """A loss or a weight is no longer a number."""


class Interrupted(KeyboardInterrupt):
    """A run was stopped by a signal, after writing a checkpoint. The message says how to go on."""

    def __init__(self, message: str, signum: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signum


class BoardError(Exception):
    """A board cannot be made as asked. The message says why, and what to do."""

    exit_code: ClassVar[int] = 2
