"""Moves of the two players on a device: networks and terms are built, trained and sampled here.

Other rooms import `prepare` (a trainer), `assemble` from `build` (networks without data), `Engine` from `engine`, and
functions of `sampling`.
"""
