"""A run on disk: train it, resume it, record it, read it back."""
