"""Samples that any tool made: an .npz file, or a folder of images."""
