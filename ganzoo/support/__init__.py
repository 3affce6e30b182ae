"""Files, seeds, messages and errors that every other room uses. Any room may import from it; it imports from none."""
