"""Makes one call to the operating system fail, among those that concern a folder."""

import builtins
import errno
import fcntl
import io
import os
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

CALLS = {
    "open": (os, "open"),
    "mkdir": (os, "mkdir"),
    "fsync": (os, "fsync"),
    "rename": (os, "replace"),
    "stat": (os, "stat"),
    "unlink": (os, "unlink"),
    "rmdir": (os, "rmdir"),
    "scandir": (os, "scandir"),
    "flock": (fcntl, "flock"),
}


class File:
    """A file whose writes are counted too."""

    def __init__(self, file, calls):
        self._file, self._calls = file, calls

    def write(self, content):
        self._calls.count("write", self._file.name)
        return self._file.write(content)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def __iter__(self):
        return iter(self._file)

    def __getattr__(self, name):
        return getattr(self._file, name)


class Calls:
    """Counts calls that concern `folder`; the one whose number is `fails` raises `OSError`."""

    def __init__(self, folder, fails=-1, number=errno.EIO):
        self.folder, self.fails, self.number = str(folder), fails, number
        self.made = []

    def count(self, name, target):
        path = self._path(target)
        if path is None or not (path + "/").startswith(self.folder + "/"):
            return
        self.made.append((name, os.path.relpath(path, self.folder)))
        if len(self.made) - 1 == self.fails:
            raise OSError(self.number, os.strerror(self.number), path)

    def _path(self, target):
        if hasattr(target, "fileno"):
            target = target.fileno()
        try:
            return os.readlink(f"/proc/self/fd/{target}") if isinstance(target, int) else os.fspath(target)
        except (OSError, TypeError):
            return None

    def wrapped(self, name, call):
        def wrapper(target, *arguments, **more):
            self.count(name, target)
            return call(target, *arguments, **more)

        return wrapper

    def opened(self, call):
        def wrapper(target, mode="r", *arguments, **more):
            self.count("open", target)
            file = call(target, mode, *arguments, **more)
            return File(file, self) if any(letter in mode for letter in "wa") else file

        return wrapper


@contextmanager
def failing(folder, fails=-1, number=errno.EIO):
    """Within, the call number `fails` that concerns the folder raises `OSError(number)`. Gives what was called."""
    calls, real_open = Calls(folder, fails, number), builtins.open
    with ExitStack() as stack:
        for name, (module, attribute) in CALLS.items():
            stack.enter_context(patch.object(module, attribute, calls.wrapped(name, getattr(module, attribute))))
        for module in (builtins, io):
            stack.enter_context(patch.object(module, "open", calls.opened(real_open)))
        yield calls
