"""What ganzoo needs and another Python lacks, as pinned requirements: with a list of what that one has.

    python3 -m pip list --format=freeze > there.txt      # on the machine without network
    python benchmarks/speed/lacking.py there.txt         # where ganzoo is installed

torch and torchvision are left out: that machine must have them, since they belong to its driver.
"""

import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
OF_THE_MACHINE = {"torch", "torchvision"}
TESTS = ("pytest",)  # what the tests of a GPU need besides


def needed(requirements: list[str], seen: set[str]) -> Iterator[tuple[str, str]]:
    """(name, version here) of these and of all that they need. Raises `PackageNotFoundError`."""
    for requirement in map(Requirement, requirements):
        name = canonicalize_name(requirement.name)
        if name in seen | OF_THE_MACHINE or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        seen.add(name)
        found = distribution(name)
        yield name, found.version
        yield from needed(found.requires or [], seen)


def lacking(there: str) -> list[str]:
    """Those that a list of `pip list --format=freeze` does not have."""
    names = {canonicalize_name(line.partition("==")[0].partition(" ")[0]) for line in there.splitlines() if line}
    of_ganzoo = tomllib.loads(PYPROJECT.read_text())["project"]["dependencies"]
    found = dict(needed([*of_ganzoo, *TESTS], set()))
    return [f"{name}=={version}" for name, version in sorted(found.items()) if name not in names]


if __name__ == "__main__":
    try:
        print("\n".join(lacking(Path(sys.argv[1]).read_text())))
    except (IndexError, PackageNotFoundError) as error:
        sys.exit(f"{__doc__}\n{error}")
