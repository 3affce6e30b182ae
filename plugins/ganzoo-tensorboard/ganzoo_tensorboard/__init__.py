"""Runs of ganzoo in TensorBoard."""
