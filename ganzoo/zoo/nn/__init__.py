"""Building blocks that the built-in networks and regularizers share."""
