"""Moves of the two players on a device: networks and terms are built, trained and sampled here."""
