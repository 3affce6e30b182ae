"""Regularizers: one module a mechanism."""
