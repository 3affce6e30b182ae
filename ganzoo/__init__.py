"""ganzoo: any architecture x any loss x any regularizer, one trainer, one leaderboard.

    import ganzoo
    run = ganzoo.run("dcgan+wgangp@digits", images=100_000)
    run.result.metrics, run.sample(64)

Public names are imported when they are first used, so that `import ganzoo` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0.dev0"

_WHERE = {
    "Architecture": "interfaces",
    "Component": "component",
    "DataError": "data",
    "Dataset": "data",
    "DeviceError": "engine",
    "Evaluation": "metrics.base",
    "Extractor": "data",
    "Game": "interfaces",
    "GanzooWarning": "wording",
    "Heads": "nn.heads",
    "Images": "datasets.base",
    "Incompatible": "interfaces",
    "Interrupted": "signals",
    "Launcher": "bench.launcher",
    "Loss": "interfaces",
    "Metric": "metrics.base",
    "NetSpec": "interfaces",
    "Outcome": "bench.launcher",
    "Player": "interfaces",
    "Points": "datasets.base",
    "Regularizer": "interfaces",
    "Result": "records",
    "Run": "game",
    "RunError": "files",
    "SpecError": "spec",
    "Split": "data",
    "Term": "interfaces",
    "Tracker": "data",
    "Turn": "interfaces",
    "hookimpl": "hookspecs",
    "list_components": "registry",
    "load": "game",
    "run": "game",
    "then": "interfaces",
    "using": "registry",
}
__all__ = sorted(_WHERE)

if TYPE_CHECKING:
    from ganzoo.bench.launcher import Launcher as Launcher
    from ganzoo.bench.launcher import Outcome as Outcome
    from ganzoo.component import Component as Component
    from ganzoo.data import DataError as DataError
    from ganzoo.data import Dataset as Dataset
    from ganzoo.data import Extractor as Extractor
    from ganzoo.data import Split as Split
    from ganzoo.data import Tracker as Tracker
    from ganzoo.datasets.base import Images as Images
    from ganzoo.datasets.base import Points as Points
    from ganzoo.engine import DeviceError as DeviceError
    from ganzoo.files import RunError as RunError
    from ganzoo.game import Run as Run
    from ganzoo.game import load as load
    from ganzoo.game import run as run
    from ganzoo.hookspecs import hookimpl as hookimpl
    from ganzoo.interfaces import Architecture as Architecture
    from ganzoo.interfaces import Game as Game
    from ganzoo.interfaces import Incompatible as Incompatible
    from ganzoo.interfaces import Loss as Loss
    from ganzoo.interfaces import NetSpec as NetSpec
    from ganzoo.interfaces import Player as Player
    from ganzoo.interfaces import Regularizer as Regularizer
    from ganzoo.interfaces import Term as Term
    from ganzoo.interfaces import Turn as Turn
    from ganzoo.interfaces import then as then
    from ganzoo.metrics.base import Evaluation as Evaluation
    from ganzoo.metrics.base import Metric as Metric
    from ganzoo.nn.heads import Heads as Heads
    from ganzoo.records import Result as Result
    from ganzoo.registry import list_components as list_components
    from ganzoo.registry import using as using
    from ganzoo.signals import Interrupted as Interrupted
    from ganzoo.spec import SpecError as SpecError
    from ganzoo.wording import GanzooWarning as GanzooWarning


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'ganzoo' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"ganzoo.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
