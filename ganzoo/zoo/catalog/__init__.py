"""The built-in zoo, a page for each kind, as a plugin would write it: a module whose hook gives its components.

`Registry` calls the hook itself, without pluggy, so that looking up a built-in name imports nothing more.
"""

from collections.abc import Iterable

from ganzoo.interfaces.component import Component
from ganzoo.interfaces.hookspecs import hookimpl
from ganzoo.zoo.catalog.architectures import ARCHITECTURES
from ganzoo.zoo.catalog.conditional import CONDITIONAL
from ganzoo.zoo.catalog.datasets import DATASETS
from ganzoo.zoo.catalog.launchers import LAUNCHERS
from ganzoo.zoo.catalog.losses import BUNDLES, LOSSES
from ganzoo.zoo.catalog.metrics import EXTRACTORS, METRICS
from ganzoo.zoo.catalog.regularizers import REGULARIZERS


@hookimpl
def ganzoo_components() -> Iterable[Component]:
    """Every part that ganzoo itself brings."""
    return [
        *ARCHITECTURES,
        *LOSSES,
        *REGULARIZERS,
        *CONDITIONAL,
        *BUNDLES,
        *DATASETS,
        *METRICS,
        *EXTRACTORS,
        *LAUNCHERS,
    ]
