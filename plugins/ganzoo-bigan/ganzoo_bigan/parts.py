"""BiGAN: an encoder E is trained together with G and inverts it; D judges pairs of a sample and a latent."""

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
    """Fully connected. For a loss that needs "encoder" and "pair": with an encoder E, and a D of pairs (x, z).

    D gets x and z together (Donahue et al. 2017, figure 1). z takes the place of y, so there are no labels.
    """

    width: Count = 128
    """Units of each hidden layer."""
    depth: Count = 3
    """Hidden layers of each network."""

    def generator(self, spec):
        """z (N, latent) -> (N, *shape). Its companion "encoder": x (N, *shape) -> (N, latent)."""
        refuse_unknown(spec, {"encoder"})
        n, tanh = prod(spec.shape), [nn.Tanh()] if len(spec.shape) == 3 else []
        if "encoder" in spec.needs:
            spec.companions["encoder"] = lambda: nn.Sequential(
                nn.Flatten(), *self.hidden(n), nn.Linear(self.width, spec.latent)
            )
        output = [nn.Linear(self.width, n), nn.Unflatten(1, spec.shape), *tanh]
        return Generator(*self.hidden(spec.latent), *output)

    def discriminator(self, spec):
        """x (N, *shape), and for pairs z (N, latent) -> {"score": (N,), "features": (N, F), **heads}."""
        refuse_unknown(spec, {"pair"})
        codes = spec.group * spec.latent if "pair" in spec.needs else 0
        trunk = nn.Sequential(*self.hidden(prod(spec.shape) + codes))
        return Discriminator(codes, trunk, ganzoo.Heads(spec, (self.width,)))

    def hidden(self, inputs):
        """The hidden layers."""
        widths = [inputs, *[self.width] * self.depth]
        return [layer for a, b in pairwise(widths) for layer in (nn.Linear(a, b), nn.LeakyReLU(0.2))]


def refuse_unknown(spec, known):
    """Raise `Incompatible` for a spec that asks for labels or for a need other than `known`."""
    if spec.classes or spec.needs - known:
        feature = "labels" if spec.classes else ", ".join(sorted(spec.needs - known))
        raise ganzoo.Incompatible(f"bigan-net has no {feature}; leave out the part that asks for it, or take mlp")


class Generator(nn.Sequential):
    """Ignores labels, which are always None."""

    def forward(self, z, y=None):
        return super().forward(z)


class Discriminator(nn.Module):
    """Judges x; where `codes` > 0, x together with that many numbers: the z of each sample that is judged at once."""

    def __init__(self, codes, trunk, heads):
        super().__init__()
        self.codes, self.trunk, self.heads = codes, trunk, heads

    def forward(self, x, z=None):
        x = x.flatten(1)
        if self.codes and z is None:
            raise ValueError("this network judges pairs; call it with z, (N, latent), as its second argument")
        return self.heads(self.trunk(torch.cat([x, z.reshape(len(x), -1)], 1) if self.codes else x))


# ---------------------------------------------------------------- the loss


@dataclass(kw_only=True)
class BiGAN(ganzoo.Loss):
    """BiGAN (Donahue, Krähenbühl, Darrell 2017, section 3), or ALI (Dumoulin et al. 2017): D judges pairs.

    min_{G,E} max_D E log σ(D(x, E(x))) + E log(1 - σ(D(G(z), z))); at the optimum E inverts G. As in the paper, G and E
    minimise the same with the labels swapped, which does not saturate. Any other sample that D judges, such as the
    points of a gradient penalty, is paired with its E(x); a penalty differentiates by x alone.
    """

    capturable = True

    def prepare(self, g, d):
        """Ask for an encoder, and for a D of pairs."""
        g.needs.add("encoder")
        d.needs.add("pair")

    def turn(self, t):
        """Let D judge a fake with its z, and any other sample with its E(x). E learns in G's move only."""
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


# ---------------------------------------------------------------- reconstruction and anomalies


@torch.no_grad()
def reconstruct(run, x):
    """G(E(x)) of samples x (N, *shape); both in the data's units. `run` is a `ganzoo.Run`, as from `ganzoo.load`."""
    return run.data.decode(run.network("generator")(run.network("encoder")(run.data.encode(x))))


@torch.no_grad()
def anomaly(run, x, alpha=0.9):
    """(N,) A(x) = α ‖x - G(E(x))‖₁ + (1 - α) L_D(x), L_D = -log σ(D(x, E(x))) (Zenati et al. 2018, section 3).

    The higher, the less x (N, *shape), in the data's units, resembles the data.
    """
    x = run.data.encode(x)
    z = run.network("encoder")(x)
    error = (x - run.network("generator")(z)).flatten(1).abs().sum(1)
    return alpha * error + (1 - alpha) * softplus(-run.network("discriminator")(x, z)["score"])


def auroc(inliers, outliers):
    """The probability that a score of `outliers` (M,) exceeds one of `inliers` (N,); ties count half."""
    inliers = inliers.sort().values
    below = sum(torch.searchsorted(inliers, outliers, right=right) for right in (False, True)) / 2
    return (below / len(inliers)).mean().item()


def trained(e, name):
    """Data and networks of the evaluated run. Raises `Incompatible` for samples without a run."""
    if e.source is None or e.source.network is None:
        raise ganzoo.Incompatible(f"{name} scores an encoder; evaluate a run, such as one of bigan-net+bigan")
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
