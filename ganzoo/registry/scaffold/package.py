"""`ganzoo plugin new`: write a complete package around one part that works."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from packaging.version import Version

from ganzoo.interfaces.component import NAME
from ganzoo.registry.registry import Registry
from ganzoo.support.errors import CannotWrite
from ganzoo.support.files import writing
from ganzoo.support.version import __version__


@dataclass(frozen=True)
class StarterPart:
    """The part that a new plugin starts with; its code is the template named after its kind."""

    summary: str
    paper: str = ""
    fields: str = ""
    """Further fields of its component."""
    command: str = ""
    """A command that uses it."""
    template: str = ""
    """The templates of its code and of its test, if they are not named after its kind."""


STARTER_PARTS = {
    "loss": StarterPart(
        "relativistic average least squares",
        "Jolicoeur-Martineau 2018, arXiv:1807.00734",
        command="ganzoo run mlp+$name+r1@ring8 --steps 2000",
    ),
    "regularizer": StarterPart(
        "squared gradient of D, weighted by how unsure D is",
        "Roth et al. 2017, arXiv:1705.09367",
        command="ganzoo run mlp+bce+$name@ring8 --steps 2000",
    ),
    "architecture": StarterPart(
        "residual blocks of fully connected layers",
        "He et al. 2016, arXiv:1512.03385",
        fields='data={"image", "points"},',
        command="ganzoo run $name+r3@ring8 --steps 2000",
    ),
    "dataset": StarterPart(
        "Gaussians on a line",
        fields='data={"points"},\ndefaults={"batch": 256, "lr": 1e-3, "decay": "cosine"},',
        command="ganzoo run mlp+r3@$name --steps 2000",
    ),
    "metric": StarterPart(
        "energy distance of features",
        "Szekely, Rizzo 2013, doi:10.1016/j.jspi.2013.03.018",
        command="ganzoo eval RUN --metric $name",
    ),
    "tracker": StarterPart(
        "losses and scores as a CSV file", command="ganzoo run mlp+r3@ring8 --steps 2000 --tracker $name"
    ),
    "launcher": StarterPart(
        "one cell after the other, in this process",
        command="ganzoo bench mlp+{bce,hinge}@ring8 --seeds 2 --launcher $name",
    ),
}
STARTER_KINDS = tuple(STARTER_PARTS)
DATA_FORMS = {
    "points": STARTER_PARTS["dataset"],
    "images": StarterPart(
        "white discs on black",
        fields='data={"image"},',
        command="ganzoo run dcgan+r3@$name --steps 2000",
        template="dataset_images",
    ),
    "sequence": StarterPart(
        "sine waves of any phase and period",
        fields='data={"sequence"},',
        command="ganzoo run mlp+r3@$name --steps 2000",
        template="dataset_sequence",
    ),
    "table": StarterPart(
        "height, weight and age of people",
        fields='data={"table"},',
        command="ganzoo run mlp+r3@$name --steps 2000",
        template="dataset_table",
    ),
}
"""The forms of data that a new data set may have."""


def write_package(name: str, kind: str, out: Path | None = None, form: str = "points") -> Path:
    """Write a package that adds one part, and return its folder. `form` is that of a data set. Raises `CannotWrite`."""
    name = name.removeprefix("ganzoo-")
    folder = out or Path(f"ganzoo-{name}")
    _refuse(name, kind, folder)
    part = DATA_FORMS[form] if kind == "dataset" else STARTER_PARTS[kind]
    values = _template_values(name, kind, part)
    with writing(folder, "choose another folder with --out"):
        for path, template in _templates(kind, part.template or kind, values["package"]).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(Template(template).substitute(values))
    return folder


def _refuse(name: str, kind: str, folder: Path) -> None:
    if not NAME.fullmatch(name):
        allowed = f"use lower-case letters and digits, joined by - or _, as in my-{kind}"
        raise CannotWrite(f"{name!r} is not a valid name of a part: {allowed}")
    for entry in Registry(environ={"GANZOO_PLUGINS": ""}).entries():
        if entry.component.name == name:
            raise CannotWrite(f"the {entry.component.kind} {name} is built in; choose another name")
    if folder.exists():
        raise CannotWrite(f"{folder} exists already; choose another folder with --out")


def _template_values(name: str, kind: str, part: StarterPart) -> dict[str, str]:
    """The values of the templates' variables."""
    fields = [f"summary={json.dumps(part.summary)},"]
    fields += [f"paper={json.dumps(part.paper)},"] if part.paper else []
    fields += part.fields.splitlines()
    return {
        "name": name,
        "kind": kind,
        "package": f"ganzoo_{name.replace('-', '_')}",
        "class_": "".join(word[:1].upper() + word[1:] for word in re.split("[-_]", name)),
        "summary": part.summary,
        "paper": part.paper or "no paper",
        "component_fields": ("\n" + " " * 12).join(fields),
        "command": Template(part.command).substitute(name=name),
        "version_range": version_range(__version__),
        "year": str(datetime.date.today().year),
    }


def version_range(version: str) -> str:
    """The versions of ganzoo-core that a new plugin accepts: from this one to before the next minor version.

    The lower bound is the full version, as a development version is older than its release: 0.1.0.dev0 is not >=0.1.
    """
    lowest = Version(version)
    return f">={lowest.public},<{lowest.major}.{lowest.minor + 1}"


def _templates(kind: str, code: str, package: str) -> dict[str, str]:
    """Path in the new package -> template."""
    root = files(__package__) / "templates"
    names = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        "CHANGELOG.md": "CHANGELOG.md",
        "LICENSE": "LICENSE",
        ".gitignore": "gitignore",
        ".github/workflows/test.yml": "workflow.yml",
        f"{package}/__init__.py": "init.py",
        f"{package}/plugin.py": "plugin.py",
        "tests/test_conformance.py": "conformance.py",
        f"{package}/{kind}.py": f"{code}.py",
        f"tests/test_{kind}.py": f"test_{code}.py",
    }
    return {path: (root / f"{name}.txt").read_text() for path, name in names.items()}
