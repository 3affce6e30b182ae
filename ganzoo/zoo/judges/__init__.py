"""Judges: frozen classifiers whose features are compared, their weights, and cards of how they were trained."""
