"""ganzoo: any architecture x any loss x any regularizer, one trainer, one leaderboard.

    import ganzoo
    run = ganzoo.run("dcgan+wgangp@digits", images=100_000)
    run.result.metrics, run.sample(64)

Public names are imported when they are first used, so that `import ganzoo` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ganzoo.support.version import __version__ as __version__

_PUBLIC = {
    "bench.launcher": ["Launcher", "Outcome"],
    "interfaces.component": ["Component"],
    "interfaces.datasets": ["Dataset", "Extractor", "Split"],
    "interfaces.hookspecs": ["hookimpl"],
    "interfaces.networks": ["Architecture", "Companion", "NetSpec", "Player"],
    "interfaces.scores": ["Score"],
    "interfaces.terms": ["Loss", "Regularizer", "Term"],
    "interfaces.trackers": ["Tracker"],
    "interfaces.turn": ["Game", "Turn", "then"],
    "recipes.recipe": ["dataset"],
    "registry.registry": ["list_components", "using"],
    "runs.records": ["Result"],
    "runs.run": ["Run", "load"],
    "runs.train": ["run"],
    "support.errors": [
        "DataError",
        "DeviceError",
        "GanzooWarning",
        "Incompatible",
        "Interrupted",
        "RunError",
        "SpecError",
    ],
    "zoo.datasets.base": ["Data"],
    "zoo.datasets.folder": ["Folder"],
    "zoo.datasets.hold_out": ["hold_out"],
    "zoo.datasets.images": ["Images"],
    "zoo.datasets.points": ["Points"],
    "zoo.metrics.base": ["Evaluation", "Metric"],
    "zoo.nn.base_networks": ["Heads"],
}
_MODULES = {name: module for module, names in _PUBLIC.items() for name in names}
__all__ = sorted(_MODULES)

if TYPE_CHECKING:
    from ganzoo.bench.launcher import Launcher as Launcher, Outcome as Outcome
    from ganzoo.interfaces.component import Component as Component
    from ganzoo.interfaces.datasets import Dataset as Dataset, Extractor as Extractor, Split as Split
    from ganzoo.interfaces.hookspecs import hookimpl as hookimpl
    from ganzoo.interfaces.networks import (
        Architecture as Architecture,
        Companion as Companion,
        NetSpec as NetSpec,
        Player as Player,
    )
    from ganzoo.interfaces.scores import Score as Score
    from ganzoo.interfaces.terms import Loss as Loss, Regularizer as Regularizer, Term as Term
    from ganzoo.interfaces.trackers import Tracker as Tracker
    from ganzoo.interfaces.turn import Game as Game, Turn as Turn, then as then
    from ganzoo.recipes.recipe import dataset as dataset
    from ganzoo.registry.registry import list_components as list_components, using as using
    from ganzoo.runs.records import Result as Result
    from ganzoo.runs.run import Run as Run, load as load
    from ganzoo.runs.train import run as run
    from ganzoo.support.errors import (
        DataError as DataError,
        DeviceError as DeviceError,
        GanzooWarning as GanzooWarning,
        Incompatible as Incompatible,
        Interrupted as Interrupted,
        RunError as RunError,
        SpecError as SpecError,
    )
    from ganzoo.zoo import nn as nn
    from ganzoo.zoo.datasets.base import Data as Data
    from ganzoo.zoo.datasets.folder import Folder as Folder
    from ganzoo.zoo.datasets.hold_out import hold_out as hold_out
    from ganzoo.zoo.datasets.images import Images as Images
    from ganzoo.zoo.datasets.points import Points as Points
    from ganzoo.zoo.metrics.base import Evaluation as Evaluation, Metric as Metric
    from ganzoo.zoo.nn.base_networks import Heads as Heads


def __getattr__(name: str) -> Any:
    if name == "nn":  # building blocks of networks
        return import_module("ganzoo.zoo.nn")
    if name not in _MODULES:
        raise AttributeError(f"module 'ganzoo' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"ganzoo.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
