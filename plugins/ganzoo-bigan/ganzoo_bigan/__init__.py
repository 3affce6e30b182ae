"""BiGAN for ganzoo: an encoder learns beside G."""
