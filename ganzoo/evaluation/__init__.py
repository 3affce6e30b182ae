"""Scores of samples: from a run, from a file, or from a folder of images."""
