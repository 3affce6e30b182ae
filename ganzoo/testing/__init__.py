"""The conformance kit, which checks built-in parts and plugins alike, and the matrix of the parts that combine.

    # tests/test_conformance.py of a plugin
    from ganzoo.testing import conformance
    from ganzoo_mine import plugin

    test_conformance = conformance(plugin)

pytest then runs each check on each part that the plugin registers. `ganzoo plugin check` runs the same checks. This is
the only room whose `__init__` exposes names, because plugins import them; inside ganzoo, import from the modules.
"""

from ganzoo.testing.checks import TIERS as TIERS
from ganzoo.testing.kit import Case as Case, CheckOutcome as CheckOutcome, cases as cases, conformance as conformance

__all__ = ["TIERS", "Case", "CheckOutcome", "cases", "conformance"]
