"""All that the author of a part reads: components, networks, terms, data sets, scores, trackers.

Every other room but `support` may import from each module here.
"""
