"""Image-to-image translation: networks, terms, data sets and a metric."""
