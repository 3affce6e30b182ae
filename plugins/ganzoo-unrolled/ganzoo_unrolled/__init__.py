"""Unrolled GAN for ganzoo: G is trained against D as it would be after more steps."""
