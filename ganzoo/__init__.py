"""ganzoo: any architecture x any loss x any regularizer, one trainer, one leaderboard.

    import ganzoo
    run = ganzoo.run("dcgan+wgangp@digits", images=100_000)
    run.result.metrics, run.sample(64)

Public names are imported when they are first used, so that `import ganzoo` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ganzoo.support.version import __version__ as __version__

_WHERE = {
    "Architecture": "interfaces.networks",
    "Component": "interfaces.component",
    "DataError": "support.errors",
    "Dataset": "interfaces.datasets",
    "DeviceError": "support.errors",
    "Evaluation": "zoo.metrics.base",
    "Extractor": "interfaces.datasets",
    "Game": "interfaces.terms",
    "GanzooWarning": "support.errors",
    "Heads": "zoo.nn.heads",
    "Images": "zoo.datasets.base",
    "Incompatible": "support.errors",
    "Interrupted": "support.errors",
    "Launcher": "bench.launcher",
    "Loss": "interfaces.terms",
    "Metric": "zoo.metrics.base",
    "NetSpec": "interfaces.networks",
    "Outcome": "bench.launcher",
    "Player": "interfaces.networks",
    "Points": "zoo.datasets.base",
    "Regularizer": "interfaces.terms",
    "Result": "runs.records",
    "Run": "runs.run",
    "RunError": "support.errors",
    "Score": "interfaces.scores",
    "SpecError": "support.errors",
    "Split": "interfaces.datasets",
    "Term": "interfaces.terms",
    "Tracker": "interfaces.trackers",
    "Turn": "interfaces.terms",
    "hookimpl": "interfaces.hookspecs",
    "list_components": "registry.registry",
    "load": "runs.run",
    "run": "runs.train",
    "then": "interfaces.terms",
    "using": "registry.registry",
}
__all__ = sorted(_WHERE)

if TYPE_CHECKING:
    from ganzoo.bench.launcher import Launcher as Launcher
    from ganzoo.bench.launcher import Outcome as Outcome
    from ganzoo.interfaces.component import Component as Component
    from ganzoo.interfaces.datasets import Dataset as Dataset
    from ganzoo.interfaces.datasets import Extractor as Extractor
    from ganzoo.interfaces.datasets import Split as Split
    from ganzoo.interfaces.hookspecs import hookimpl as hookimpl
    from ganzoo.interfaces.networks import Architecture as Architecture
    from ganzoo.interfaces.networks import NetSpec as NetSpec
    from ganzoo.interfaces.networks import Player as Player
    from ganzoo.interfaces.scores import Score as Score
    from ganzoo.interfaces.terms import Game as Game
    from ganzoo.interfaces.terms import Loss as Loss
    from ganzoo.interfaces.terms import Regularizer as Regularizer
    from ganzoo.interfaces.terms import Term as Term
    from ganzoo.interfaces.terms import Turn as Turn
    from ganzoo.interfaces.terms import then as then
    from ganzoo.interfaces.trackers import Tracker as Tracker
    from ganzoo.registry.registry import list_components as list_components
    from ganzoo.registry.registry import using as using
    from ganzoo.runs.records import Result as Result
    from ganzoo.runs.run import Run as Run
    from ganzoo.runs.run import load as load
    from ganzoo.runs.train import run as run
    from ganzoo.support.errors import DataError as DataError
    from ganzoo.support.errors import DeviceError as DeviceError
    from ganzoo.support.errors import GanzooWarning as GanzooWarning
    from ganzoo.support.errors import Incompatible as Incompatible
    from ganzoo.support.errors import Interrupted as Interrupted
    from ganzoo.support.errors import RunError as RunError
    from ganzoo.support.errors import SpecError as SpecError
    from ganzoo.zoo.datasets.base import Images as Images
    from ganzoo.zoo.datasets.base import Points as Points
    from ganzoo.zoo.metrics.base import Evaluation as Evaluation
    from ganzoo.zoo.metrics.base import Metric as Metric
    from ganzoo.zoo.nn.heads import Heads as Heads


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'ganzoo' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"ganzoo.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
