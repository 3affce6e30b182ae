"""All that the author of a part reads: components, networks, terms, data sets, trackers. It imports `support` only."""
