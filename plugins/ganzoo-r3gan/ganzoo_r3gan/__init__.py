"""The networks of R3GAN, and how they are trained."""
