"""Finds, loads and registers plugins, looks up parts by name, and writes new plugins.

Other rooms import `registry` (look up a name), `find` and `load` (plugins), `local` (files and source trees).
"""
