"""InfoGAN: codes that can be read from samples, and a metric of how well."""
