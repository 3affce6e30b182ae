"""Losses, a regularizer and networks for ganzoo in which D is an autoencoder."""
