"""Grids: combinations x data sets x seeds, trained in parallel, each cell in a run directory of its own.

Import `Launcher` and `Outcome` from `ganzoo`; everything else here serves `ganzoo bench`.
"""
