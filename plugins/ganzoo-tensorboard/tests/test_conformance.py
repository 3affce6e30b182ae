"""ganzoo's conformance kit. A test that fails says what is wrong, why it matters, and how to mend it."""

from ganzoo_tensorboard import plugin

from ganzoo.testing import conformance

test_conformance = conformance(plugin)
