"""What every part of ganzoo must keep to. A test that fails says why it is there, and how to mend what it found."""

from ganzoo_tensorboard import plugin

from ganzoo.testing import conformance

test_conformance = conformance(plugin)
