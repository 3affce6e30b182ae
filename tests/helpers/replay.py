"""A stand-in for CUDA's graphs, and how far the weights of two trainers are apart."""

import itertools

import torch
from torch.fx.experimental.proxy_tensor import make_fx


def difference(one, other):
    pairs = [zip(one.players[side].params, other.players[side].params, strict=True) for side in ("g", "d")]
    return max((a - b).abs().max().item() for a, b in itertools.chain(*pairs))


class Replayed:
    """As a CUDA graph does, on the CPU: what was traced runs again, and no Python; outputs overwrite those before."""

    def __init__(self, function, inputs):
        self.function, self.fresh = function, True
        self.inputs = tuple(None if x is None else x.clone() for x in inputs)
        if inputs:  # an optimizer's step is not traced: it counts in Python on the CPU
            self.trace = make_fx(function, tracing_mode="fake", _allow_non_fake_inputs=True)(*self.inputs)

    def __call__(self, *inputs):
        if not inputs:
            return self.function()
        for mine, new in zip(self.inputs, inputs, strict=True):
            if mine is not None:
                mine.copy_(new)
        with torch.no_grad():  # gradients are among what was traced
            made = self.trace(*self.inputs)
        if self.fresh:
            self.outputs, self.fresh = made, False
        found, values = self.outputs
        for mine, new in zip((*found, *values.values()), (*made[0], *made[1].values()), strict=True):
            if mine is not None:
                mine.copy_(new)
        return self.outputs
