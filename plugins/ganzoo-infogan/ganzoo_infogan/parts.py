"""InfoGAN (Chen et al. 2016, arXiv:1606.03657): part of z is a code that can be read from the sample."""

from dataclasses import dataclass
from functools import partial
from math import log, pi
from typing import Annotated

import torch
from msgspec import Meta
from torch.nn.functional import cross_entropy

import ganzoo

Whole = Annotated[int, Meta(ge=0, le=1_000)]
SHARPEST = log(0.1)
"""The smallest logarithm of Q's deviation: without it, the density of a code that is read exactly has no bound."""


def code(z, categories, continuous):
    """z (N, latent), normal -> category (N,) and c (N, continuous) in [-1, 1], both uniform.

    With the quantiles u = Φ(z) of the first numbers of z, the category is ⌊k u⌋, and c = 2u - 1.
    """
    u = torch.special.ndtr(z)
    category = (u[:, 0] * categories).long().clamp(max=categories - 1) if categories else z.new_zeros(len(z)).long()
    first = 1 if categories else 0
    return category, 2 * u[:, first : first + continuous] - 1


def with_code(g, inputs, categories, continuous):
    """The inputs of G, with a one-hot category and c in place of the first numbers of z. A forward pre-hook of G."""
    z, *y = inputs
    category, c = code(z, categories, continuous)
    onehot = category[:, None] == torch.arange(categories, device=z.device)
    return torch.cat([onehot.to(z.dtype), c.to(z.dtype), z[:, bool(categories) + continuous :]], 1), *y


def gaussian(c, mean, log_std):
    """(N,) -log N(c; mean, σ²), summed over the last dimension."""
    return (((c - mean) / log_std.exp()).square() / 2 + log_std + log(2 * pi) / 2).sum(1)


@dataclass(kw_only=True)
class InfoGAN(ganzoo.Regularizer):
    """min_{G,Q} max_D V(D, G) - λ L_I(G, Q), L_I = E log Q(c | G(z, c)) + H(c) (equations 5 and 6); `weight` is λ.

    Q is a head of D: logits of a category, and mean and log σ of each continuous code (a factored Gaussian, section 6).
    D's move trains Q and D's trunk, G's move trains G. The log shows -L_I in nats, at best -log k for categories.

    The code is a function of z, and a hook on G inserts it. So whatever calls G with a normal z, such as evaluation and
    `ganzoo sample`, also gives it a code.
    """

    categories: Whole = 10
    """k, the categories of the uniform categorical code; 0 for none."""
    continuous: Whole = 2
    """Number of codes that are uniform in [-1, 1]; 0 for none."""
    weight: Annotated[float, Meta(ge=0)] = 1.0
    """λ; 1 in the paper."""
    capturable = True

    def prepare(self, g, d):
        """Widen G's input by the one-hot code, and give D a head that estimates the code."""
        if "encoder" in g.needs:
            raise ganzoo.Incompatible(
                "it widens what G takes by a code, which an encoder of samples does not give; leave it out, or the "
                "loss that trains an encoder"
            )
        used = bool(self.categories) + self.continuous
        if not used or used > g.latent:
            raise ganzoo.Incompatible(
                f"categories={self.categories} and continuous={self.continuous} take {used} of the {g.latent} numbers "
                "of z; they must take at least 1, and at most all of them; change them, or raise latent"
            )
        g.latent += self.categories - bool(self.categories)
        d.heads["code"] = self.categories + 2 * self.continuous

    def attach(self, game):
        """Insert the code whenever G is called."""
        game.g.net.register_forward_pre_hook(partial(with_code, categories=self.categories, continuous=self.continuous))

    def d(self, t):
        """-L_I: cross-entropy of the category minus log k, and -log Q(c | x) - log 2 for each continuous code."""
        category, c = code(t.z, self.categories, self.continuous)
        logits, mean, log_std = t.fake_out["code"].tensor_split([self.categories, self.categories + c.shape[1]], 1)
        value = (gaussian(c, mean, log_std.clamp(min=SHARPEST)) - c.shape[1] * log(2)).mean()
        return value + cross_entropy(logits, category) - log(self.categories) if self.categories else value

    g = d


@dataclass
class CodeInformation:
    """Lower bounds of the mutual information of code c and sample x, in nats, for a generator trained with `infogan`.

    I(c; x) ≥ H(c) + E log q(c | x) for any q (Barber, Agakov 2003; equation 4 of the paper). q is estimated from the
    `near` nearest neighbours among n samples of known code, and the mean is over n others. `code-information` is about
    the category, and at most log k; `.continuous` is the sum over continuous codes; `.modes` is the mutual information
    of category and mode of the data, over samples that have a mode.
    """

    categories: Whole = 10
    """As in `infogan`."""
    continuous: Whole = 2
    """As in `infogan`."""
    n: Annotated[int, Meta(ge=50)] = 2_000
    """Number of samples of known code, and of those whose code is estimated."""
    near: Annotated[int, Meta(ge=2)] = 10
    """Nearest neighbours that q is estimated from."""
    better = {"code-information": "higher", "code-information.continuous": "higher", "code-information.modes": "higher"}

    def __call__(self, e):
        """The protocol names extractor, codes and numbers. Raises `Incompatible` for samples without a generator."""
        if e.source is None or bool(self.categories) + self.continuous > e.source.latent:
            why = (
                "it takes a generator" if e.source is None else f"z has {e.source.latent} numbers, fewer than the code"
            )
            raise ganzoo.Incompatible(f"code-information: {why}; give a run with infogan, and its options")
        z, x = self.samples(e.source, e.given)
        category, c = code(z.double(), self.categories, self.continuous)
        near = self.nearest(e.data, x)
        values = {}
        if self.categories:
            values[""] = categorical(category, near, self.categories)
        if self.continuous:
            values[".continuous"] = continuous(c, near)
        if self.categories and e.data.n_modes:
            modes = e.data.modes(x)
            values[".modes"] = mutual_information(category[modes >= 0], modes[modes >= 0])
        sizes = f"categories={self.categories},continuous={self.continuous},n={self.n},near={self.near}"
        return [ganzoo.Score(f"code-information{name}", e.judge_prefix + sizes, v) for name, v in values.items()]

    def samples(self, source, given):
        """2n pairs of z and x, from a fixed seed; made of the rows of `given` in turn, if there are any."""
        random = torch.Generator().manual_seed(20_160_612)
        z = torch.randn(2 * self.n, source.latent, generator=random)
        y = torch.randint(source.classes, (2 * self.n,), generator=random) if source.classes else None
        rows = [] if given is None else [given[torch.arange(2 * self.n) % len(given)]]
        return z, source.generator(z, y, *rows)

    def nearest(self, data, x):
        """(n, near): the rows of the first n samples that lie nearest to each of the others."""
        features = (x if data.kind == "points" else data.extractor(x)).double()
        return torch.cdist(features[self.n :], features[: self.n]).topk(self.near, largest=False).indices


def categorical(category, near, k):
    """log k + E log q(c | x). q is the category's share of the neighbours, with one more spread over all categories."""
    n, m = near.shape
    same = (category[near] == category[n:, None]).sum(1)
    return (log(k) + ((same + 1 / k) / (m + 1)).log().mean()).item()


def continuous(c, near):
    """Σ log 2 + E log N(c; mean, variance of the neighbours), the prior's variance 1/3 counting as one neighbour."""
    known, unknown = c[near], c[len(near) :]
    mean = known.mean(1)
    var = ((known - mean[:, None]).square().sum(1) + 1 / 3) / (near.shape[1] + 1)
    return (c.shape[1] * log(2) - gaussian(unknown, mean, var.log() / 2).mean()).item()


def mutual_information(a, b):
    """I(a; b) of two labels (N,), minus its bias for N samples (Miller 1955); None where N is 0."""
    if not len(a):
        return None
    table = torch.zeros(int(a.max()) + 1, int(b.max()) + 1, dtype=torch.double)
    table.index_put_((a, b), torch.ones(len(a), dtype=torch.double), accumulate=True)
    p, rows, columns = table / len(a), table.sum(1) / len(a), table.sum(0) / len(a)
    bias = ((rows > 0).sum() - 1) * ((columns > 0).sum() - 1) / (2 * len(a))
    return (torch.special.xlogy(p, p).sum() - torch.special.xlogy(p, rows.outer(columns)).sum() - bias).item()
