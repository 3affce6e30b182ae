"""Pictures of samples, curves and figures. matplotlib is imported here only, and only when something is drawn."""
