"""Scores of samples: from a run, from a file, or from a folder of images.

Other rooms import `evaluate` (scores), `table` (scores for people), `samples` (reading files) and `calibrate`.
"""
