"""Finds the parts that there are: those of the zoo, of installed plugins and of files."""
