"""Unrolled GAN for ganzoo: G plays against D as it will be."""
