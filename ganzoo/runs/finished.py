"""Whether a run directory already holds the run that is to be trained."""

from __future__ import annotations

from dataclasses import asdict

from ganzoo.recipes.options import as_text
from ganzoo.recipes.recipe import Recipe
from ganzoo.runs.records import Header
from ganzoo.runs.rundir import RunDir
from ganzoo.support.errors import RunError


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
    if (seen := max(ended, folder.checkpoints.images())) > budget:
        raise RunError(
            f"{folder.path} has already seen {seen:,} images, more than the budget of {budget:,}; "
            "give a larger budget, or start again with --force"
        )
    return result is not None and (result.status == "diverged" or (result.status == "ok" and ended == budget))


def _differing(header: Header, recipe: Recipe) -> str:
    """Where the spec is the same: the settings that differ, such as a budget over which the learning rate decays."""
    now = {name: as_text(value) for name, value in asdict(recipe.settings).items()}
    before = {name: as_text(value) for name, value in header.settings.items()}
    other = [f"{name}={before.get(name, 'unset')} and not {now[name]}" for name in now if before.get(name) != now[name]]
    return f"; there {', '.join(other)}" if header.spec == recipe.spec and other else ""
