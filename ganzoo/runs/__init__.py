"""A run on disk: train it, resume it, record it, read it back.

Other rooms import `run` from `train`, `load` and `Run` from `run`, and the modules `records`, `rundir`, `result`,
`listing` and `inputs`.
"""
