"""The built-in components, one module per kind, listed as a plugin would list them: by a hook.

`Registry` calls the hook directly, without pluggy, so that looking up a built-in name imports nothing else.
"""

from collections.abc import Iterable

from ganzoo.interfaces.component import Component
from ganzoo.interfaces.hookspecs import hookimpl
from ganzoo.zoo.catalog.architectures import ARCHITECTURES
from ganzoo.zoo.catalog.datasets import DATASETS
from ganzoo.zoo.catalog.launchers import LAUNCHERS
from ganzoo.zoo.catalog.losses import BUNDLES, LOSSES
from ganzoo.zoo.catalog.metrics import EXTRACTORS, METRICS
from ganzoo.zoo.catalog.regularizers import REGULARIZERS


@hookimpl
def ganzoo_components() -> Iterable[Component]:
    """All built-in components."""
    return [
        *ARCHITECTURES,
        *LOSSES,
        *REGULARIZERS,
        *BUNDLES,
        *DATASETS,
        *METRICS,
        *EXTRACTORS,
        *LAUNCHERS,
    ]
