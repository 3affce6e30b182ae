"""A tracker for ganzoo that writes TensorBoard's event files."""
