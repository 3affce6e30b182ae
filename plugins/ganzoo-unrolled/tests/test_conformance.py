"""What every part of ganzoo must keep to. A test that fails says why it is there, and how to mend what it found."""

from ganzoo_unrolled import plugin

from ganzoo.testing import TIERS, conformance

NOT_MEASURED = "learning"  # whether a short run finds all modes of ring8

test_conformance = conformance(plugin, tiers=[tier for tier in TIERS if tier != NOT_MEASURED])
