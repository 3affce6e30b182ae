"""Judges: frozen classifiers whose features are compared. Weights are pinned by hash; a card says how they were trained."""
