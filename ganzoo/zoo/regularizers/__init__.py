"""Regularizers: one module per mechanism."""
