"""Built-in metrics: a file for each, called as `ganzoo list metric` calls it, and what they share."""
