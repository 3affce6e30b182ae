"""A run directory: each file is written whole or not at all, and only one process writes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ganzoo.interfaces.scores import Metrics
from ganzoo.recipes.options import as_text
from ganzoo.recipes.recipe import Recipe
from ganzoo.recipes.schedules import over_budget
from ganzoo.runs.checkpoints import Checkpoints
from ganzoo.runs.records import Header, Result
from ganzoo.support.errors import RunError
from ganzoo.support.files import reading, remedy, sync, write, write_json, writing
from ganzoo.support.locks import acquire, is_locked

BUSY = "another process is writing"
"""How the error of a directory begins that another process holds."""
T = TypeVar("T")


class LogLine(msgspec.Struct, frozen=True):
    """When a line of `log.jsonl` was written, and its scores if it has any."""

    images: int
    metrics: Metrics | None = None


class RunDir:
    """`recipe.json`, `log.jsonl`, `samples/`, `checkpoints/<images>/`, `result.json`, `curves.png`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.samples, self.checkpoints = path / "samples", Checkpoints(path / "checkpoints")
        self.recipe_file, self.result_file = path / "recipe.json", path / "result.json"
        self.log_file, self.lock_file = path / "log.jsonl", path / ".ganzoo.lock"
        self.curves_file = path / "curves.png"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory. Raises `RunError` if another process does, or if it is something else than a run's."""
        with writing(self.path, "give another directory with --out"):
            created = [path for path in (self.path, *self.path.parents) if not path.exists()]
            self.path.mkdir(parents=True, exist_ok=True)
            lock = acquire(self.lock_file)
        if lock is None:
            raise RunError(f"{BUSY} {self.path}; wait for it, or use another --out")
        with lock:
            try:
                with reading(self.path, "give another directory with --out"):
                    self._refuse_other_files()
                yield
            finally:
                self._remove_if_unused(created)

    def _refuse_other_files(self) -> None:
        """Raise `RunError` where the directory holds files, but no run."""
        early = (self.lock_file.name, f".{self.recipe_file.name}.")  # all that a run has which was killed at once
        names = (path.name for path in self.path.iterdir())
        if not self.recipe_file.is_file() and (others := [name for name in names if not name.startswith(early)]):
            raise RunError(
                f"{self.path} is no run directory: it has no recipe.json, but {min(others)}; give a directory with "
                "--out that is empty, or not there yet"
            )

    def _remove_if_unused(self, created: Iterable[Path]) -> None:
        """Where no run began, remove the lock and the directories that were `created` for it."""
        with suppress(OSError):  # another process has put something there, or the disk is gone
            if not self.recipe_file.is_file():
                self.lock_file.unlink(missing_ok=True)
                for path in created:
                    path.rmdir()

    def running(self) -> bool:
        """Whether a process holds the directory."""
        return is_locked(self.lock_file)

    def header(self) -> Header | None:
        """`recipe.json`; None if there is none. Raises `RunError` if it is not what a run writes."""
        return self._read(self.recipe_file, Header)

    def result(self) -> Result | None:
        """`result.json`; None if there is none. Raises `RunError` if it is not what a run writes."""
        return self._read(self.result_file, Result)

    def _read(self, path: Path, kind: type[T]) -> T | None:
        try:
            return msgspec.json.decode(path.read_bytes(), type=kind)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise RunError(f"cannot read {path}: {error.strerror or error}; nothing was changed") from None
        except (ValueError, msgspec.MsgspecError) as error:
            raise RunError(f"{path} cannot be read ({error}); repair it, or run again with --force") from None

    def begin(self, header: Header) -> None:
        """Write `recipe.json`, and remove the result of an earlier session: the run is not finished any more."""
        with self._writing(self.recipe_file):
            write_json(self.recipe_file, header)
            self.result_file.unlink(missing_ok=True)
            sync(self.path)

    def end(self, result: Result) -> None:
        """Write the record."""
        with self._writing(self.result_file):
            write_json(self.result_file, result)

    def clear(self) -> None:
        """Remove what a run wrote, except `recipe.json`, by which the directory is known as a run's."""
        with self._writing(self.path):
            for path in (self.result_file, self.log_file, self.curves_file):
                path.unlink(missing_ok=True)
            for path in (self.checkpoints.path, self.samples):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)

    @contextmanager
    def _writing(self, path: Path) -> Iterator[None]:
        """`writing`, whose message also says which checkpoint is whole."""
        try:
            yield
        except OSError as error:
            try:
                images = self.checkpoints.images()
                kept = f"the checkpoint of {images:,} images is whole" if images else "there is no checkpoint"
            except RunError:
                kept = "the checkpoints cannot be read either"
            what = f"cannot write {path}: {error.strerror or error}; {kept}"
            raise RunError(f"{what}; {remedy(error)} and run the same command again") from None

    def log(self, line: Mapping[str, Any]) -> None:
        """Append a line to `log.jsonl`; a number that is not finite becomes null."""
        with self._writing(self.log_file), open(self.log_file, "ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")

    def trim_log(self, images: int) -> dict[int, Metrics]:
        """Remove what was logged after the checkpoint that is resumed, and lines that are not whole.

        Gives the scores that stay, by the number of images.
        """
        with self._writing(self.log_file):
            if not self.log_file.exists():
                return {}
            lines = self.log_file.read_bytes().splitlines(keepends=True)
            logged = {line: entry for line in lines if (entry := _logged(line)) and entry.images <= images}
            write(self.log_file, b"".join(line for line in lines if line in logged))
        return {entry.images: entry.metrics for entry in logged.values() if entry.metrics}

    def picture(self, images: int, png: bytes) -> Path:
        """Write `samples/<images>.png`."""
        path = self.samples / f"{images:012d}.png"
        with self._writing(path):
            path.parent.mkdir(exist_ok=True)
            write(path, png)
        return path

    def checkpoint(self, images: int, files: Mapping[str, bytes]) -> Path:
        """Write a checkpoint. Raises `RunError` when the disk is full or not writable: earlier ones are unchanged."""
        with self._writing(self.checkpoints.path):
            return self.checkpoints.write(images, files)


def _logged(line: bytes) -> LogLine | None:
    """What a line of the log says; None where it is not whole."""
    try:
        return msgspec.json.decode(line, type=LogLine) if line.endswith(b"\n") else None
    except (ValueError, msgspec.MsgspecError):
        return None


def is_finished(folder: RunDir, recipe: Recipe, seed: int) -> bool:
    """Whether nothing is left to do. Raises `RunError` where the directory holds another run, or a longer one."""
    header, result = folder.header(), folder.result()
    if header is None:
        return False
    if (header.id, header.seed) != (recipe.id, seed):
        raise RunError(
            f"{folder.path} holds another run ({header.spec}, recipe {header.id}, seed {header.seed}"
            f"{_differing(header, recipe)}); use another --out, or --force to replace it"
        )
    budget, ended = recipe.settings.total, result.budget.images if result else 0
    whole, damaged = folder.checkpoints.inspect()
    if (seen := max(ended, int(whole.name) if whole else 0)) > budget:
        raise RunError(
            f"{folder.path} has already seen {seen:,} images, more than the budget of {budget:,}; "
            "give a larger budget, or start again with --force"
        )
    if result is not None and result.status == "ok" and ended == budget and damaged and not whole:
        raise RunError(
            f"{folder.path} is finished, but {'; '.join(damaged)}, and there is no older one that is whole; bring it "
            "back from a copy, or train again with --force"
        )
    if result is None or (damaged and result.status == "ok"):  # an older checkpoint repeats what was lost
        return False
    return result.status == "diverged" or (result.status == "ok" and ended == budget)


def _differing(header: Header, recipe: Recipe) -> str:
    """Where the spec is the same, what else the recipe's id counts: settings, and the versions and files of parts."""
    if header.spec != recipe.spec or header.id == recipe.id:
        return ""
    now = {name: as_text(value) for name, value in asdict(recipe.settings).items()}
    before = {name: as_text(value) for name, value in header.settings.items()}
    over = before.get("decay") != "none" or any(map(over_budget, before.values()))
    if not over and not recipe.counts_budget:
        now.pop("images")  # the budget, which then does not count
    other = [f"{name}={before.get(name, 'unset')} and not {now[name]}" for name in now if before.get(name) != now[name]]
    made_of = {part["name"]: (part["version"], part.get("source_sha256")) for part in header.parts}
    for part in recipe.parts:
        version, source = made_of.get(part.name, (None, None))
        if version != part.component.version:
            other.append(f"version {version} of {part.name} and not {part.component.version}")
        elif source != part.source_sha256():
            other.append(f"another file of {part.name}")
    return f"; there {', '.join(other)}" if other else ""
