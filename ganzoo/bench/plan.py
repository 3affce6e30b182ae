"""From a grid to its cells, or to everything that is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ganzoo.bench.braces import expand_braces
from ganzoo.bench.cells import GridCell
from ganzoo.bench.grid import GridConfig
from ganzoo.recipes.recipe import Recipe, resolve
from ganzoo.recipes.spec import parse
from ganzoo.runs.run import sizes
from ganzoo.runs.train import default_directory
from ganzoo.support.errors import DataError, Incompatible, RunError, SpecError
from ganzoo.support.faults import Faults
from ganzoo.support.messages import listed, nearest, sentence

SpecAndData = tuple[str, str | None]
"""A spec and a data set, as the grid writes them."""


@dataclass(frozen=True)
class GridPlan:
    """What a grid will train."""

    grid: GridConfig
    cells: list[GridCell]
    """All combinations with the first seed, then with the next: a grid that is stopped early has some of each."""
    excluded: list[tuple[str, str]]
    """Combinations that the grid excludes, and why."""

    @property
    def combinations(self) -> dict[str, list[GridCell]]:
        """The cells of each combination, by its label."""
        by_label = defaultdict(list)
        for cell in self.cells:
            by_label[cell.label].append(cell)
        return dict(by_label)


def plan_grid(grid: GridConfig, root: Path, device: str = "auto") -> GridPlan:
    """Check a whole grid, and give each cell a run directory below `root`.

    Raises `SpecError` with every unknown name, every wrong option, and every combination whose networks cannot be
    built; and `RunError` with every run directory that holds something else.
    """
    faults, faults_of = Faults(), defaultdict[str, Faults](Faults)
    specs = dict.fromkeys(spec for text in grid.specs for spec in faults.collect(expand_braces, text) or ())
    combinations = [(spec, data) for data in grid.data or (None,) for spec in specs]
    excluded = _excluded(grid, combinations, faults)
    recipes: dict[SpecAndData, Recipe] = {}
    for each in combinations:
        if each not in excluded and (recipe := faults_of[_label(*each)].collect(_resolve, *each, grid)):
            recipes[each] = recipe
    cells = {cell.path: cell for seed in grid.all_seeds for cell in _cells(grid, recipes, seed, root, device)}
    begun = {cell.id for cell in cells.values() if cell.folder.recipe_file.is_file()}  # their networks were built then
    for cell in {cell.id: cell for cell in cells.values() if cell.id not in begun}.values():
        faults_of[cell.label].collect(_build, cell.recipe)
    faults.add(*_shared(faults_of))
    if not cells and not faults:
        faults.add("the grid excludes every combination, so there is nothing to train")
    faults.raise_if_any()
    if directory_faults := list(filter(None, (cell.directory_fault() for cell in cells.values()))):
        raise RunError("\n".join(directory_faults))
    return GridPlan(grid, list(cells.values()), [(_label(*each), reason) for each, reason in excluded.items()])


def _cells(
    grid: GridConfig, recipes: Mapping[SpecAndData, Recipe], seed: int, root: Path, device: str
) -> Iterator[GridCell]:
    for (spec, data), recipe in recipes.items():
        label = f"{spec.partition('@')[0]}@{recipe.dataset}"
        path = default_directory(recipe, seed, root)
        yield GridCell(label, spec, data, grid.cell_settings, recipe, seed, path, device)


def _resolve(spec: str, data: str | None, grid: GridConfig) -> Recipe:
    try:
        return resolve(spec, data, grid.cell_settings)
    except DataError as error:
        raise SpecError([str(error)]) from None


def _build(recipe: Recipe) -> None:
    """Build the networks, because only then do parts that cannot be combined say so. Raises `SpecError`."""
    try:
        sizes(recipe)
    except (Incompatible, DataError) as error:
        raise SpecError(str(error).splitlines()) from None
    except Exception as error:  # whatever a plugin's builder raises
        raise SpecError([sentence(error)]) from None


def _excluded(grid: GridConfig, combinations: list[SpecAndData], faults: Faults) -> dict[SpecAndData, str]:
    """The combinations that are excluded, and why. An exclusion that matches none is a mistake."""
    reasons: dict[SpecAndData, str] = {}
    for exclusion in grid.exclude:
        for spec in faults.collect(expand_braces, exclusion.spec) or ():
            matching = [each for each in combinations if _matches(spec, *each)]
            reasons |= dict.fromkeys(matching, exclusion.reason)
            if not matching:
                labels = [*(spec for spec, _ in combinations), *(_label(*each) for each in combinations)]
                hint = nearest(spec, labels, "it excludes nothing")
                faults.add(f"exclude: {spec!r} is not in the grid{hint}")
    return reasons


def _matches(excluded: str, spec: str, data: str | None) -> bool:
    """Whether both have the same parts, in any order, and the same data set if `excluded` names one."""
    try:
        pattern, combination = parse(excluded), parse(_label(spec, data))
    except SpecError:
        return False
    same_parts = sorted(map(str, pattern.parts)) == sorted(map(str, combination.parts))
    return same_parts and str(pattern.dataset) in ("None", str(combination.dataset or "digits"))


def _label(spec: str, data: str | None) -> str:
    return spec if data is None else f"{spec}@{data}"


def _shared(faults_of: Mapping[str, Faults]) -> Iterator[str]:
    """Each mistake once, after the combinations that share it: "a, b and 12 more: ..."."""
    labels_of = defaultdict(list)
    for label, faults in faults_of.items():
        for message in dict.fromkeys(faults.messages):
            labels_of[message].append(label)
    for message, labels in labels_of.items():
        first = labels if len(labels) <= 4 else [*labels[:3], f"{len(labels) - 3} more"]
        yield f"{listed(first, 'and')}: {message}"
