"""What metrics compare samples by. An extractor component is a dataclass: called with data, it gives the extractor.

An extractor is called with samples and has a `key` (`ganzoo.Extractor`). It may also have
    decide(features) -> logits (N, K), or (N, C, K) where it judges channels alone: it is a classifier too
    batch: int       samples at a time
    slow = True      what it gives of real data is kept on disk
    said: str        a sentence about its weights, which readers of its numbers are told
"""
