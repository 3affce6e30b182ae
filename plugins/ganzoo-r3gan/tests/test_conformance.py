"""ganzoo's conformance kit. A test that fails says what is wrong, why it matters, and how to mend it."""

from ganzoo_r3gan import plugin

from ganzoo.testing import TIERS, conformance

NOT_MEASURED = "learning"  # whether a short run finds all modes

test_conformance = conformance(plugin, tiers=[tier for tier in TIERS if tier != NOT_MEASURED])
