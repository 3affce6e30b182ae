"""From a recipe and its data to a trainer."""

from __future__ import annotations

from collections.abc import Callable

from ganzoo.interfaces.datasets import Dataset
from ganzoo.recipes.recipe import Recipe
from ganzoo.training.batches import Batches
from ganzoo.training.build import assemble
from ganzoo.training.compiled import Compiled
from ganzoo.training.distributed import ALONE, World
from ganzoo.training.engine import Engine
from ganzoo.training.execution import Eager, Execution
from ganzoo.training.graphs import Graphed
from ganzoo.training.networks import Form
from ganzoo.training.trainer import Trainer

EXECUTIONS: dict[str, Callable[[], Execution]] = {
    "eager": Eager,
    "compile": Compiled,
    "graph": Graphed,
    "graph+compile": lambda: Graphed(inner=Compiled()),
}


def prepare(recipe: Recipe, data: Dataset, engine: Engine, seed: int = 0, world: World = ALONE) -> Trainer:
    """A trainer before its first move. Every trainer is put together here. Raises `Incompatible`."""
    assembled = assemble(recipe, Form.of(data), engine, seed)
    batches, execution = Batches(data, engine, seed), EXECUTIONS[engine.mode]()
    return Trainer(assembled, batches, recipe.settings, seed, execution, world)
