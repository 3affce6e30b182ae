"""The augmentations of Karras et al. 2020, arXiv:2006.06676, appendix B: a group of them in each file.

A group is called with images (N, C, H, W), and p: each of its transformations is applied to a sample with probability
p, a 0-dim tensor, and with numbers that are drawn for this sample. All can be differentiated any number of times.
"""
