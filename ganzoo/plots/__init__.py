"""Pictures of samples and of runs' curves. Only this room imports matplotlib, and only when something is drawn."""
