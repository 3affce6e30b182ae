"""The networks of R3GAN, and its training recipe."""
