"""Metrics that come with ganzoo."""
