"""What scores mean on a data set, measured with real data, intact and degraded."""
