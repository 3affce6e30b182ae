"""`ganzoo plugin new`: a complete package around one part that works."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from packaging.version import Version

import ganzoo
from ganzoo.interfaces.component import NAME
from ganzoo.registry.registry import Registry
from ganzoo.support.errors import CannotWrite


@dataclass(frozen=True)
class Example:
    """The part that a new plugin begins with."""

    summary: str
    paper: str = ""
    more: str = ""
    """Further arguments of its component."""
    use: str = ""
    """A command that shows it at work."""


EXAMPLES = {
    "loss": Example(
        "least squares, of each score against the mean of the others",
        "Jolicoeur-Martineau 2018, arXiv:1807.00734",
        use="ganzoo run mlp+$name+r1@ring8 --steps 2000",
    ),
    "regularizer": Example(
        "squared slope of D's score, where D is not sure",
        "Roth et al. 2017, arXiv:1705.09367",
        use="ganzoo run mlp+bce+$name@ring8 --steps 2000",
    ),
    "architecture": Example(
        "residual blocks of fully connected layers",
        "He et al. 2016, arXiv:1512.03385",
        more='data={"image", "points"},',
        use="ganzoo run $name+r3@ring8 --steps 2000",
    ),
    "dataset": Example(
        "Gaussians on a line",
        more='data={"points"},\ndefaults={"batch": 256, "lr": 1e-3, "decay": "cosine"},',
        use="ganzoo run mlp+r3@$name --steps 2000",
    ),
    "metric": Example(
        "energy distance of features",
        "Szekely, Rizzo 2013, doi:10.1016/j.jspi.2013.03.018",
        use="ganzoo eval RUN --metric $name",
    ),
    "tracker": Example("losses and scores as a CSV file", use="ganzoo run mlp+r3@ring8 --steps 2000 --tracker $name"),
    "launcher": Example(
        "one cell after the other, in this process",
        use="ganzoo bench mlp+{bce,hinge}@ring8 --seeds 2 --launcher $name",
    ),
}
KINDS = tuple(EXAMPLES)


def write(name: str, kind: str, out: Path | None = None) -> Path:
    """Write a package that adds one part, and give its folder. Raises `CannotWrite`."""
    name = name.removeprefix("ganzoo-")
    folder = out or Path(f"ganzoo-{name}")
    for fault in _faults(name, kind, folder):
        raise CannotWrite(fault)
    words = _words(name, kind)
    for path, template in _templates(kind, words["package"]):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(Template(template).substitute(words))
    return folder


def _faults(name: str, kind: str, folder: Path) -> list[str]:
    taken = [e for e in Registry(environ={"GANZOO_PLUGINS": ""}).entries() if e.component.name == name]
    rules = {
        f"{name!r} is no name of a part: lower-case letters and digits, joined by - or _, as in my-{kind}": (
            NAME.fullmatch(name)
        ),
        f"the {taken[0].component.kind if taken else ''} {name} is built in; choose a name that is free": not taken,
        f"{folder} is there already; give another folder with --out": not folder.exists(),
    }
    return [fault for fault, holds in rules.items() if not holds]


def _words(name: str, kind: str) -> dict[str, str]:
    """What templates are filled with."""
    example, year = EXAMPLES[kind], str(datetime.date.today().year)
    lines = [f"summary={json.dumps(example.summary)},"]
    lines += [f"paper={json.dumps(example.paper)},"] if example.paper else []
    lines += example.more.splitlines()
    known = {"name": name, "kind": kind, "year": year, "needs": needs(ganzoo.__version__)}
    known |= {"package": f"ganzoo_{name.replace('-', '_')}", "class_": _class(name), "summary": example.summary}
    known |= {"facts": ("\n" + " " * 12).join(lines)}
    return known | {"use": Template(example.use).substitute(name=name), "paper": example.paper or "no paper"}


def _class(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split("[-_]", name))


def needs(version: str) -> str:
    """The versions of ganzoo-core that a plugin written for this one admits: up to the next minor one.

    A development version comes before its release, so it is named itself: 0.1.0.dev0 is no >=0.1.
    """
    known = Version(version)
    return f">={known.public},<{known.major}.{known.minor + 1}"


def _templates(kind: str, package: str) -> list[tuple[str, str]]:
    """Paths in the new package, and what is to be filled in. A name that begins with a dot begins with `dot` here."""
    root = files(__name__) / "templates"
    common = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        "CHANGELOG.md": "CHANGELOG.md",
        "LICENSE": "LICENSE",
        ".gitignore": "gitignore",
        ".github/workflows/test.yml": "workflow.yml",
        f"{package}/__init__.py": "init.py",
        f"{package}/plugin.py": "plugin.py",
        "tests/test_conformance.py": "conformance.py",
        f"{package}/{kind}.py": f"{kind}.py",
        f"tests/test_{kind}.py": f"test_{kind}.py",
    }
    return [(path, (root / f"{name}.txt").read_text()) for path, name in common.items()]
