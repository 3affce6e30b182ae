"""A plugin with a mistake in every part. `MISTAKES` maps each part to its component and the checks that must fail."""

import os
import random
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from msgspec import Meta
from torch import nn

import ganzoo

MISTAKES = {}


def part(kind, *checks, **more):
    """Register a class, and the checks that must fail."""

    def register(cls):
        name = cls.__name__.lower()
        described = {"summary": "a mistake", "paper": "Nobody 2026", "target": f"{__name__}:{cls.__name__}"}
        MISTAKES[name] = ganzoo.Component(kind=kind, name=name, **{**described, **more}), set(checks)
        return cls

    return register


@ganzoo.hookimpl
def ganzoo_components():
    return [component for component, _ in MISTAKES.values()]


class Usual(ganzoo.Loss):
    """Hinge without its margin."""

    def d(self, t):
        return t.fake_score.mean() - t.real_score.mean()

    def g(self, t):
        return -t.fake_score.mean()


@part("loss", "signs")
@dataclass(kw_only=True)
class Upside(Usual):
    """Has the signs the wrong way round."""

    def d(self, t):
        return t.real_score.mean() - t.fake_score.mean()


@part("loss", "scalars", "signs", "moves_alone", "no_hidden_state")
@dataclass(kw_only=True)
class Vector(Usual):
    """No mean."""

    def d(self, t):
        return t.fake_score - t.real_score


@part("loss", "no_hidden_state")
@dataclass(kw_only=True)
class Counts(Usual):
    """Its weight falls with a count of its own."""

    def __post_init__(self):
        self.count = 0

    def d(self, t):
        self.count += 1
        return super().d(t) / self.count


@part("loss", "no_hidden_state")
@dataclass(kw_only=True)
class Dice(Usual):
    """Draws from a generator that nobody seeds."""

    def d(self, t):
        return super().d(t) * random.random() + t.real_score.mean() * float(np.random.rand() * 0)


@part("loss", "traces")
@dataclass(kw_only=True)
class Peeks(Usual):
    """Waits for a number."""

    capturable = True

    def d(self, t):
        return super().d(t) * (1 + t.fake_score.detach().mean().item())


@part("loss", "traces")
@dataclass(kw_only=True)
class Branches(Usual):
    """Lets Python choose."""

    capturable = True

    def g(self, t):
        return super().g(t) * (2 if t.fake_score.mean() > 0 else 1)


@part("loss", "traces")
@dataclass(kw_only=True)
class Masks(Usual):
    """As many numbers as the device finds."""

    capturable = True

    def d(self, t):
        return super().d(t) + t.fake_score[t.fake_score > 0].sum()


@part("loss", "moves_alone")
@dataclass(kw_only=True)
class Logarithm(Usual):
    """Of what may be negative."""

    def d(self, t):
        return super().d(t) + t.real_score.sub(100).log().mean()


@part("loss", "one_device")
@dataclass(kw_only=True)
class Constant(Usual):
    """Made on the CPU, wherever the game is."""

    def d(self, t):
        return super().d(t) + torch.tensor(0.5)


@part("regularizer", "one_device")
@dataclass(kw_only=True)
class Remembers(ganzoo.Regularizer):
    """Its state stays on the CPU."""

    capturable = True

    def attach(self, game):
        self.state["mean"] = torch.zeros(())

    def d(self, t):
        self.state["mean"].lerp_(t.real_score.detach().mean(), 0.1)
        return (t.real_score - self.state["mean"]).square().mean()


@part("loss", "moves_alone")
@dataclass(kw_only=True)
class Meddles(Usual):
    """G's move changes D."""

    def turn(self, t):
        if t.player == "g":
            with torch.no_grad():
                t.game.d.params[0].mul_(1.01)


@part("loss", "with_architectures")
@dataclass(kw_only=True)
class Late(Usual):
    """Refuses when it is too late."""

    def d(self, t):
        if t.real.dim() == 4:
            raise ganzoo.Incompatible("late takes no images; take points, or another loss altogether")
        return super().d(t)


@part("loss", "with_architectures")
@dataclass(kw_only=True)
class Curt(Usual):
    """Refuses without a reason."""

    def prepare(self, g, d):
        if len(g.shape) == 3:
            raise ganzoo.Incompatible("no")


@part("loss", "assembles")
@dataclass(kw_only=True)
class Never(Usual):
    """Goes with nothing."""

    def prepare(self, g, d):
        raise ganzoo.Incompatible("never goes with anything at all; leave it out")


@part(
    "loss", "assembles", "summary", "paper", "docstring", "option_fields", "recommended_settings",
    summary="", paper="somebody", defaults={"lr": -1, "bach": 3, "mlp:width": 3},
)  # fmt: skip
@dataclass(kw_only=True)
class Untidy(Usual):
    size: Annotated[int, Meta(ge=1)] = 0
    other = 3.0


@part("loss", "name")
@dataclass(kw_only=True)
class Hinge(Usual):
    """Has the name of a built-in one."""


@part("regularizer", "target")
@dataclass(kw_only=True)
class Base(Usual):
    """Is no regularizer."""


class PerSample(ganzoo.Regularizer):
    """Declares that it looks at each sample alone."""

    def prepare(self, g, d):
        d.batch_norm = False


@part("regularizer", "mean_of_singletons")
@dataclass(kw_only=True)
class WholeBatch(PerSample):
    """The norm of the whole batch's gradient."""

    def d(self, t):
        (gradient,) = torch.autograd.grad(t.real_score.sum(), t.real, create_graph=True)
        return gradient.norm()


@part("regularizer", "mean_of_singletons")
@dataclass(kw_only=True)
class OneFactor(PerSample):
    """One interpolation factor for all."""

    def d(self, t):
        x = torch.lerp(t.fake.detach(), t.real.detach(), torch.rand(1, dtype=t.real.dtype)).requires_grad_()
        return (t.slope(t.judge(x, t.y), x) - 1).square().mean()


class Net(nn.Module):
    def __init__(self, spec, norm=nn.Identity, latent=None):
        super().__init__()
        n = int(np.prod(spec.shape))
        self.shape, self.heads = spec.shape, nn.ModuleDict({k: nn.Linear(8, v) for k, v in spec.heads.items()})
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(latent or n, 8), norm(8), nn.ReLU())
        self.last = nn.Linear(8, n if latent else 1)
        self.latent = latent

    def forward(self, x, y=None):
        features = self.body(x)
        if self.latent:
            return self.last(features).tanh().reshape(-1, *self.shape)
        heads = {name: head(features) for name, head in self.heads.items()}
        return {"score": self.last(features).squeeze(1), "features": features, **heads}


@part("architecture", "tail", "labels", "unknown_needs", data={"points"})
@dataclass
class Careless:
    """Ignores its spec."""

    def generator(self, spec):
        return Net(spec, latent=spec.latent)

    def discriminator(self, spec):
        return Net(spec)


class Careful(Careless):
    def discriminator(self, spec):
        if spec.needs or spec.classes or spec.tail:
            raise ganzoo.Incompatible("this network takes neither needs nor labels nor tails; take another")
        return super().discriminator(spec)


@part("architecture", "each_sample_alone", data={"points"})
@dataclass
class Batchy(Careful):
    """Normalises over the batch, whatever its spec says."""

    def discriminator(self, spec):
        super().discriminator(spec)
        return Net(spec, nn.BatchNorm1d)


@part("architecture", "every_parameter_learns", "same_seed_same_weights", data={"points"})
@dataclass
class Unwired(Careful):
    """Has an unused weight, from a generator that nobody seeds."""

    def generator(self, spec):
        net = super().generator(spec)
        net.spare = nn.Parameter(torch.tensor([random.random()]))
        return net


@part("architecture", "same_seed_same_samples", data={"points"})
@dataclass
class Restless(Careful):
    """Adds noise from a generator that nobody seeds."""

    def generator(self, spec):
        noise = np.random.default_rng()
        return Wrapped(super().generator(spec), lambda x: x + float(noise.normal()))


@part("architecture", "shapes", data={"image"})
@dataclass
class Loud(Careful):
    """Goes beyond [-1, 1], and has no features."""

    def generator(self, spec):
        return Wrapped(super().generator(spec), lambda x: 3 * x)

    def discriminator(self, spec):
        return Wrapped(super().discriminator(spec), lambda out: {k: v for k, v in out.items() if k != "features"})


class Wrapped(nn.Module):
    def __init__(self, net, after):
        super().__init__()
        self.net, self.after = net, after

    def forward(self, x, y=None):
        return self.after(self.net(x, y))


@part("dataset", "revision", "units", data={"points"})
@dataclass(eq=False)
class Shifting(ganzoo.Points):
    """Other points each time, far apart."""

    sigma = 1.0
    scale = 1.0
    centres = torch.tensor([[0.0, 0.0], [1000.0, 0.0]])

    def load(self):
        return ganzoo.Split(*self.draw(500, random.randrange(10**9))), ganzoo.Split(*self.draw(300, 1))


@part("dataset", "splits", "files", "units", "revision", data={"image"})
@dataclass(eq=False)
class Floats(ganzoo.Images):
    """Images that are not uint8, with labels outside of its classes."""

    def load(self):
        x = torch.rand(20, 1, 8, 8)
        return ganzoo.Split(x, torch.arange(20)), ganzoo.Split(x)


@part(
    "dataset", "modes", "recommended_settings", data={"points"},
    defaults={"wgangp:d_step": 2, "wgangp:lr": 1e-3, "a-part-elsewhere:width": 3},
)  # fmt: skip
@dataclass(eq=False)
class Lopsided(ganzoo.Points):
    """Its shares are not those of its prior."""

    sigma = 0.1
    centres = torch.tensor([[-1.0, 0.0], [1.0, 0.0]])
    prior = torch.tensor([0.9, 0.1], dtype=torch.float64)

    def load(self):
        return ganzoo.Split(*self.draw(500, 0)), ganzoo.Split(*self.draw(500, 1))


class Rows(ganzoo.Data):
    """Three numbers each."""

    kind = "table"

    def load(self):
        x = torch.linspace(-1, 1, 90).reshape(30, 3)
        return {"train": ganzoo.Split(x[:20]), "test": ganzoo.Split(x[20:]), **self.more}

    more = {}  # noqa: RUF012


@part("dataset", "splits", data={"table"})
@dataclass(eq=False)
class Wider(Rows):
    """A split of other samples than those to train on, and too few rows of what is given."""

    more = {  # noqa: RUF012
        "outliers": ganzoo.Split(torch.zeros(5, 4)),
        "asked": ganzoo.Split(torch.zeros(5, 3), given=torch.zeros(4, 1)),
    }


@part("dataset", "units", data={"table"})
@dataclass(eq=False)
class Clipped(Rows):
    """Its outliers do not come back."""

    more = {"outliers": ganzoo.Split(torch.full((5, 3), 9.0))}  # noqa: RUF012

    def encode(self, x):
        return x.clamp(-1, 1)


@part("dataset", "splits", "files", data={"table"})
@dataclass(eq=False)
class Untested(Rows):
    """Has no test split under its name, and files that it cannot write."""

    suffixes = (".csv",)

    def load(self):
        return {"train": super().load()["train"], "held_out": super().load()["test"]}

    @property
    def test(self):
        return self.splits["held_out"]


@part("dataset", "files", data={"table"})
@dataclass(eq=False)
class Nameless(Rows):
    """Writes files, but names no suffix."""

    def write(self, samples, path):
        path.touch()


@part("dataset", "files", data={"table"})
@dataclass(eq=False)
class Rounded(Rows):
    """Reads other samples than it wrote, from a file with a capital suffix."""

    suffixes = (".csv", "TXT")

    def write(self, samples, path):
        np.savetxt(path, samples.numpy())

    def read(self, path):
        return torch.from_numpy(np.loadtxt(path))


@part("metric", "scores")
@dataclass
class Bare:
    """No protocol, no number."""

    better = {"bare": "lower"}  # noqa: RUF012

    def __call__(self, e):
        return [ganzoo.Score("bare", "", (e.x.float() - e.data.train.x[: len(e.x)].float()).abs().mean())]


@part("metric", "same_again")
@dataclass
class Chance:
    """Means nothing."""

    def __call__(self, e):
        return [ganzoo.Score("chance", f"n={len(e.x)}", torch.rand(()).item())]


@part("metric", "real_beats_noise")
@dataclass
class Loudness:
    """Likes noise."""

    better = {"loudness": "higher"}  # noqa: RUF012

    def __call__(self, e):
        return [ganzoo.Score("loudness", f"n={len(e.x)}", e.x.float().var().item())]


@part("metric", "target")
@dataclass
class Idle:
    """Cannot be called."""


@part("tracker", "watches_a_run")
@dataclass
class Litter(ganzoo.Tracker):
    """Writes into the working directory."""

    def start(self, run):
        with open("litter.txt", "w") as file:
            file.write(os.fspath(run["path"]))


@part("launcher", "runs_every_cell")
@dataclass
class Lazy:
    """Runs nothing."""

    def at_once(self, device):
        return 0

    def run(self, cells):
        yield from ()


MISTAKES["broken"] = (
    ganzoo.Component(kind="bundle", name="broken", expands="wgna+gp:wight=3", summary="a mistake", paper="Nobody 2026"),
    {"expansion", "assembles"},
)
