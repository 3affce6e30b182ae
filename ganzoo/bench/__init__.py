"""Grids: combinations x data sets x seeds, trained side by side, each cell a run directory of its own."""
