"""Extractors: the networks whose features metrics compare.

An extractor component is a dataclass that is called with a data set and returns an extractor. An extractor is called
with samples and has a `key` (`ganzoo.Extractor`). It may also have

    decide(features) -> logits (N, K), or (N, C, K) if it judges each channel alone: then it is a classifier too
    batch: int       samples per call
    slow = True      cache its features of real data on disk
    said: str        a sentence about its weights, shown with its scores
"""
