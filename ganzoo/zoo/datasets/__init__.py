"""The built-in data sets, and the base classes of all data sets."""
