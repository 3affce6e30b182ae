"""A board as pages that work from disk, without a server and a network."""
