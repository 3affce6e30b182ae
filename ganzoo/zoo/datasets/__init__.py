"""Data sets that come with ganzoo."""
