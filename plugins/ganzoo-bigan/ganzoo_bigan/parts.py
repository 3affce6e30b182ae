"""A game of pairs: an encoder E learns beside G, and finds the z of an x."""

from dataclasses import dataclass
from itertools import pairwise
from math import prod
from types import SimpleNamespace
from typing import Annotated

import torch
from msgspec import Meta
from torch import nn
from torch.nn.functional import softplus

import ganzoo

Count = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, le=1)]

# ---------------------------------------------------------------- networks


@dataclass
class BiGANNet:
    """Fully connected. A loss that needs "encoder" and "pair" gets E beside G, and a D of pairs (x, z).

    z enters D beside x, where other networks take y (Donahue et al. 2017, figure 1); hence there are no labels here.
    """

    width: Count = 128
    """Units of each hidden layer."""
    depth: Count = 3
    """Hidden layers of each network."""

    def generator(self, spec):
        """z (N, latent) -> (N, *shape); its companion "encoder": x (N, *shape) -> (N, latent)."""
        refuse(spec, {"encoder"})
        n, tanh = prod(spec.shape), [nn.Tanh()] if len(spec.shape) == 3 else []
        if "encoder" in spec.needs:
            spec.companions["encoder"] = lambda: nn.Sequential(
                nn.Flatten(), *self.hidden(n), nn.Linear(self.width, spec.latent)
            )
        output = [nn.Linear(self.width, n), nn.Unflatten(1, spec.shape), *tanh]
        return Generator(*self.hidden(spec.latent), *output)

    def discriminator(self, spec):
        """x (N, *shape), and of a pair z (N, latent) -> {"score": (N,), "features": (N, F), **heads}."""
        refuse(spec, {"pair"})
        codes = spec.group * spec.latent if "pair" in spec.needs else 0
        trunk = nn.Sequential(*self.hidden(prod(spec.shape) + codes))
        return Discriminator(codes, trunk, ganzoo.Heads(spec, (self.width,)))

    def hidden(self, inputs):
        """Hidden layers."""
        widths = [inputs, *[self.width] * self.depth]
        return [layer for a, b in pairwise(widths) for layer in (nn.Linear(a, b), nn.LeakyReLU(0.2))]


def refuse(spec, known):
    """Say before training what cannot be built."""
    if spec.classes or spec.needs - known:
        what = "labels" if spec.classes else ", ".join(sorted(spec.needs - known))
        raise ganzoo.Incompatible(f"bigan-net has no {what}; leave out what asks for it, or take mlp")


class Generator(nn.Sequential):
    """Called with labels, which are None here."""

    def forward(self, z, y=None):
        return super().forward(z)


class Discriminator(nn.Module):
    """Judges x, or where it has a width for `codes` the pair of x and z; packed with others, all of their z."""

    def __init__(self, codes, trunk, heads):
        super().__init__()
        self.codes, self.trunk, self.heads = codes, trunk, heads

    def forward(self, x, z=None):
        x = x.flatten(1)
        if self.codes and z is None:
            raise ValueError("this network judges pairs; call it with z, (N, latent), as its second argument")
        return self.heads(self.trunk(torch.cat([x, z.reshape(len(x), -1)], 1) if self.codes else x))


# ---------------------------------------------------------------- the game


@dataclass(kw_only=True)
class BiGAN(ganzoo.Loss):
    """BiGAN (Donahue, Krähenbühl, Darrell 2017, section 3), or ALI (Dumoulin et al. 2017): D judges pairs.

    min_{G,E} max_D E log σ(D(x, E(x))) + E log(1 - σ(D(G(z), z))); at the optimum E inverts G. G and E minimise the
    same with the labels swapped, as there, which does not saturate. Whatever else D is shown, as by a penalty between
    reals and fakes, is paired with its E(x); a penalty's slope is that by x alone.
    """

    capturable = True

    def prepare(self, g, d):
        """Ask for an encoder, and for a D of pairs."""
        g.needs.add("encoder")
        d.needs.add("pair")

    def turn(self, t):
        """Give D the z of a fake, and the code of any other sample; E learns in G's move only."""
        judge, encoder = t.judge, t.game.g.companions["encoder"]

        def encode(x):
            with torch.set_grad_enabled(t.player == "g"):
                return encoder(x)

        t.judge = lambda x, y=None: judge(x, t.z if x is t.fake else encode(x))

    def d(self, t):
        """E softplus(-D(x, E(x))) + E softplus(D(G(z), z))."""
        return softplus(-t.real_score).mean() + softplus(t.fake_score).mean()

    def g(self, t):
        """E softplus(D(x, E(x))) + E softplus(-D(G(z), z))."""
        return softplus(t.real_score).mean() + softplus(-t.fake_score).mean()


# ---------------------------------------------------------------- what an encoder is good for


@torch.no_grad()
def reconstruct(run, x):
    """G(E(x)) of samples (N, *shape), in the data's units as they are. `run` is that of `ganzoo.load`."""
    return run.data.decode(run.network("generator")(run.network("encoder")(run.data.encode(x))))


@torch.no_grad()
def anomaly(run, x, alpha=0.9):
    """(N,) A(x) = α ‖x - G(E(x))‖₁ + (1 - α) L_D(x), L_D = -log σ(D(x, E(x))) (Zenati et al. 2018, section 3).

    The higher, the less x (N, *shape), in the data's units, is like the data.
    """
    x = run.data.encode(x)
    z = run.network("encoder")(x)
    error = (x - run.network("generator")(z)).flatten(1).abs().sum(1)
    return alpha * error + (1 - alpha) * softplus(-run.network("discriminator")(x, z)["score"])


def auroc(normal, strange):
    """The chance that one of `strange` (M,) is higher than one of `normal` (N,); equal ones count half."""
    normal = normal.sort().values
    below = sum(torch.searchsorted(normal, strange, right=right) for right in (False, True)) / 2
    return (below / len(normal)).mean().item()


def trained(e, name):
    """The networks behind an evaluation. Raises `Incompatible` for samples without a run."""
    if e.source is None or e.source.network is None:
        raise ganzoo.Incompatible(f"{name} scores an encoder; give a run, such as one of bigan-net+bigan")
    return SimpleNamespace(data=e.data, network=e.source.network)


@dataclass
class Reconstruction:
    """The mean of |x - G(E(x))| over the numbers of held-out samples x, in the data's units.

    `reconstruction.other` is that of x and the G(E(x')) of another sample: for an encoder that ignores its input, both
    are the same.
    """

    better = {"reconstruction": "lower"}

    def __call__(self, e):
        """The protocol names the split. Raises `Incompatible` for samples without a run."""
        x = e.data.test.x
        again = reconstruct(trained(e, "reconstruction"), x)
        errors = {"reconstruction": again, "reconstruction.other": again.roll(1, 0)}
        protocol = f"ref={e.reference('test')}"
        return [ganzoo.Score(name, protocol, (x.float() - y.float()).abs().mean().item()) for name, y in errors.items()]


@dataclass
class Anomaly:
    """The chance that `anomaly` of an outlier is above that of a held-out image (AUROC): 0.5 says nothing.

    Outliers are spliced: the upper half of a held-out image above the lower half of the next. Each pixel is distributed
    as in the data, and only their joint is not; some are images that the data might have, so that 1 is out of reach.
    `anomaly.mean` is what the distance to the mean training image achieves, which takes no encoder.
    """

    alpha: Share = 0.9
    """What the reconstruction counts; the rest is D's."""

    better = {"anomaly": "higher"}

    def __call__(self, e):
        """The protocol names split, outliers and α. Raises `Incompatible` for samples without a run, and for points."""
        run, x, mean = trained(e, "anomaly"), e.data.test.x, e.data.train.x.float().mean(0)
        if e.data.kind != "image":
            raise ganzoo.Incompatible("anomaly splices images, and points have no halves; take a data set of images")
        half = x.shape[2] // 2
        spliced = torch.cat([x[:, :, :half], x.roll(1, 0)[:, :, half:]], 2)
        scores = {
            "anomaly": lambda x: anomaly(run, x, self.alpha),
            "anomaly.mean": lambda x: (x.float() - mean).flatten(1).norm(dim=1),
        }
        protocol = f"ref={e.reference('test')},outliers=spliced,alpha={self.alpha:g}"
        return [ganzoo.Score(name, protocol, auroc(score(x), score(spliced))) for name, score in scores.items()]
