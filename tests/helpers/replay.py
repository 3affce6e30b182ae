"""A stand-in for CUDA's graphs, and how far the weights of two trainers are apart."""

import itertools
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ganzoo.training.engine import reseed

CPU = torch.device("cpu")


def difference(one, other):
    pairs = [zip(one.players[side].params, other.players[side].params, strict=True) for side in ("g", "d")]
    return max((a - b).abs().max().item() for a, b in itertools.chain(*pairs))


def recordable(trainer):
    """The trainer with learning rates in tensors, as on CUDA, so that a recorded step reads those of each round."""
    for player in trainer.players.values():
        for group in player.optimizer.param_groups:
            group["lr"] = torch.tensor(group["lr"], dtype=torch.float64)
    return trainer


class TapeRecorder:
    """Records operations below autograd. As from a CUDA graph, no Python is run when they are repeated."""

    def __init__(self):
        self.tapes = []

    def warming(self):
        return nullcontext()

    def draws(self, shards):
        return TapeDraws()

    @contextmanager
    def record(self, draws):
        tape = draws.tape = Tape()
        self.tapes.append(tape)
        with tape:
            yield tape.replay


class TapeDraws:
    """The seeds of a round; recording notes where each shard's numbers start."""

    def seed(self, seeds):
        self.seeds = list(seeds)

    def start(self, index):
        def begin():
            reseed(CPU, self.seeds[index])

        begin()
        self.tape.steps.append(begin)


class Tape(TorchDispatchMode):
    """Operations with the tensors that they met. Repeating them overwrites what they gave before."""

    def __init__(self):
        super().__init__()
        self.steps, self.fresh = [], True

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func is torch.ops.aten._local_scalar_dense.default:
            raise RuntimeError("operation not permitted when stream is capturing")
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        known = {_memory(x) for x in _tensors((args, kwargs))}
        fresh = [x for x in _tensors(out) if _memory(x) not in known]
        if fresh or func._schema.is_mutable:  # views see what is written to their memory
            self.steps.append(lambda: _again(func, args, kwargs, fresh))
        return out

    def replay(self):
        if not self.fresh:  # what was recorded on the CPU was also computed
            with torch.no_grad():
                for step in self.steps:
                    step()
        self.fresh = False


def _again(func, args, kwargs, fresh):
    known = {_memory(x) for x in _tensors((args, kwargs))}
    made = [x for x in _tensors(func(*args, **kwargs)) if _memory(x) not in known]
    for old, new in zip(fresh, made, strict=True):
        old.copy_(new)


def _tensors(tree):
    return [x for x in tree_leaves(tree) if isinstance(x, Tensor)]


def _memory(x):
    return x.untyped_storage()._cdata
