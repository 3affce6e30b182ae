"""Every built-in part, written as a plugin would write it, and the catalog that lists them all."""
