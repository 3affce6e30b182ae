"""The conformance kit: what every part of the zoo must keep to, for built-ins and plugins alike.

    # tests/test_conformance.py of a plugin
    from ganzoo.testing import conformance
    from ganzoo_mine import plugin

    test_conformance = conformance(plugin)

gives pytest a test for each check and each part that the plugin registers. `ganzoo plugin check` runs the same ones.
"""

from ganzoo.testing.cases import Case as Case
from ganzoo.testing.cases import Outcome as Outcome
from ganzoo.testing.cases import cases as cases
from ganzoo.testing.check import TIERS as TIERS
from ganzoo.testing.kit import conformance as conformance

__all__ = ["TIERS", "Case", "Outcome", "cases", "conformance"]
