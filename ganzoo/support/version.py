"""The version of ganzoo. Read by the build, so nothing else is here."""

__version__ = "0.1.0.dev0"
