"""A board as pages that work from a file, without a network."""
