"""Every built-in part, written as a plugin would write it, and the catalog that lists them all.

Parts are looked up through the registry. Other rooms import `nn` (blocks of networks), `metrics.base` (evaluations) and
`datasets` (readers of files).
"""
