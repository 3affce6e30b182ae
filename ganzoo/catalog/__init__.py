"""The built-in zoo, a page for each kind, as a plugin would write it: a module whose hook gives its components.

`Registry` calls the hook itself, without pluggy, so that looking up a built-in name imports nothing more.
"""

from collections.abc import Iterable

from ganzoo.catalog.architectures import ARCHITECTURES
from ganzoo.catalog.conditional import CONDITIONAL
from ganzoo.catalog.datasets import DATASETS
from ganzoo.catalog.launchers import LAUNCHERS
from ganzoo.catalog.losses import BUNDLES, LOSSES
from ganzoo.catalog.metrics import EXTRACTORS, METRICS
from ganzoo.catalog.regularizers import REGULARIZERS
from ganzoo.component import Component
from ganzoo.hookspecs import hookimpl


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
