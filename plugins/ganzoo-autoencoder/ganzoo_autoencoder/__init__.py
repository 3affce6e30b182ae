"""Games for ganzoo in which D is an autoencoder."""
