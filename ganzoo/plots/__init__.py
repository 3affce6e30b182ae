"""Pictures of samples and of runs' curves. Only this room imports matplotlib, and only when something is drawn.

Other rooms import `picture` (samples), `curves` (losses and scores) and `film` (a GIF of the progress).
"""
