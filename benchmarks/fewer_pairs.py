"""`pairs` with a share of its training images, for `translate.py`: how the error falls with the number of pairs."""

from dataclasses import dataclass
from typing import Annotated

import torch
from ganzoo_translate.pairs import Pairs
from msgspec import Meta

import ganzoo


@dataclass(eq=False)
class FewerPairs(Pairs):
    """`pairs` with a share of its training pairs. Held-out ones are the same; smaller shares are in larger ones."""

    share: Annotated[float, Meta(gt=0, le=1)] = 1.0
    """Of the training pairs."""

    def load(self):
        train, test = super().load()
        order = torch.randperm(len(train.x), generator=torch.Generator().manual_seed(0))
        return train.rows(order[: round(self.share * len(order))]), test


@ganzoo.hookimpl
def ganzoo_components():
    return [ganzoo.Component(kind="dataset", name="fewer-pairs", target="fewer_pairs:FewerPairs", data={"image"})]
