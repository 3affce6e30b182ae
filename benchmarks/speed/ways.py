"""Ways to train the same networks on a GPU: hand-written loops, and ganzoo eager, from graphs, and compiled."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import torch
from contestant import Clocked
from findings import chain
from rivals import LOSSES, Handwritten, count, penalty
from throughput import Noise, same_game

from ganzoo.interfaces.turn import Game
from ganzoo.recipes.recipe import resolve
from ganzoo.training.engine import Engine
from ganzoo.training.prepare import prepare
from ganzoo.training.trainer import Trainer
from ganzoo.zoo.regularizers.spectral import norms

# spec, loss of the hand-written loop, settings, shape of a sample
CASES = {
    "dcgan32": ("dcgan:width=32+bce", "bce", {"batch": 64}, (1, 32, 32)),
    "resnet32": ("resnet:width=64+hinge+sn", "hinge", {"batch": 64, "d_steps": 5}, (3, 32, 32)),
    "wgangp": ("dcgan:width=32+wgan+gp:weight=10", "wgangp", {"batch": 64}, (1, 32, 32)),
}
OURS = (
    "eager fp32",
    "graph fp32",
    "graph tf32",
    "graph bf16",
    "eager bf16",
    "graph+compile fp32",
    "graph+compile bf16",
)


class Usual(Handwritten):
    """The same loop with PyTorch's defaults: its own Adam, and TF32 in cuDNN, which the caller leaves on."""

    def __init__(self, g, d, x, settings, loss):
        super().__init__(g, d, x, settings, loss)
        how = {"lr": settings.lr, "betas": settings.betas}
        self.adam_g, self.adam_d = torch.optim.Adam(g.parameters(), **how), torch.optim.Adam(d.parameters(), **how)


class Reduced(Usual):
    """The losses of both moves compiled with `mode="reduce-overhead"`: PyTorch's own graphs."""

    def __init__(self, g, d, x, settings, loss):
        super().__init__(g, d, x, settings, loss)
        # to try it on a CPU, traced and no more: compiling takes a minute there
        how = {"backend": "eager"} if self.device.type == "cpu" else {"mode": "reduce-overhead"}
        self.d_loss_of, self.g_loss_of = (torch.compile(f, **how) for f in (self.loss_of_d, self.loss_of_g))

    def loss_of_d(self, real, z):
        """Of reals and of fakes."""
        with torch.no_grad():
            fake = self.g(z)
        loss = LOSSES[self.loss][0](self.d(real)["score"], self.d(fake)["score"])
        return loss + penalty(self.d, real, fake) if self.loss == "wgangp" else loss

    def loss_of_g(self, z):
        """Of fakes."""
        return LOSSES[self.loss][1](self.d(self.g(z))["score"])

    def learn(self, adam, loss_of, *inputs):
        """A move."""
        torch.compiler.cudagraph_mark_step_begin()
        adam.zero_grad()
        loss = loss_of(*inputs)
        loss.backward()
        adam.step()
        return loss.item()

    def d_move(self, real):
        """One of D."""
        return self.learn(self.adam_d, self.d_loss_of, real, self.z(len(real)))

    def round(self):
        """As the settings say."""
        for _ in range(self.settings.d_steps):
            self.d_loss = self.d_move(self.real())
        self.g_loss = self.learn(self.adam_g, self.g_loss_of, self.z(self.settings.batch))


HAND = {"hand": Handwritten, "hand, defaults": Usual, "hand, reduce-overhead": Reduced}


def setting(case: str, device: str):
    """Recipe and data. On a CPU, tiny ones."""
    spec, _, given, shape = CASES[case]
    if device == "cpu":
        spec = spec.replace("width=32", "width=4").replace("width=64", "width=4")
        given = {**given, "batch": 4}
    return resolve(spec, None, given), Noise(shape, 10_000 if device != "cpu" else 64)


def engine_of(case: str, device: str, mode: str = "eager", precision: str = "fp32", **how) -> Engine:
    """On a CPU, graphs are eager, and TF32 is float32."""
    if device == "cpu":
        mode, precision = "eager", "fp32" if precision == "tf32" else precision
    recipe, data = setting(case, device)
    return replace(Engine.choose(device, data.shape, recipe.settings.batch, precision, "eager"), mode=mode, **how)


def trained(case: str, engine: Engine) -> Trainer:
    """A trainer before its first move."""
    recipe, data = setting(case, engine.device.partition(":")[0])
    return prepare(recipe, data, engine)


def rival(case: str, kind: str, engine: Engine) -> Handwritten:
    """A hand-written loop with networks of the same weights."""
    recipe, data = setting(case, engine.device.partition(":")[0])
    game = prepare(recipe, data, engine).game
    made = HAND[kind](game.g.net, game.d.net, data.encode(data.train.x), recipe.settings, CASES[case][1])
    made.params = game.d.params  # in ganzoo's order: where weights are normalised, modules have another one
    if "+sn" in recipe.spec:
        made.d_move = normalised(game, made.d_move)
    return made


def normalised(game: Game, d_move: Callable) -> Callable:
    """A move of D after one power iteration of its spectral norms, as ganzoo has it."""

    def move(real):
        for norm, weight in norms(game):
            norm.iterate(weight)
        return d_move(real)

    return move


def checked(case: str, kind: str, device: str) -> None:
    """Raise where a hand-written loop has other networks, or makes other gradients; rounding aside."""
    engine = engine_of(case, device, precision="fp64", layout="contiguous")
    with engine.active():
        ours, theirs = trained(case, engine), rival(case, kind, engine)
        assert [count(theirs.g), count(theirs.d)] == [count(ours.game.g.net), count(ours.game.d.net)]
        theirs.gradients = lambda real: [theirs.d_move(real), [p.grad for p in theirs.params]][1]
        same_game(ours, theirs, ours.batches("d", 0, ours.settings.batch)[0])


class Way(Clocked):
    """One way to train a case, at home in its own process. An error is an answer: {"failed": its chain}."""

    def __init__(self, case: str, way: str, device: str) -> None:
        self.case, self.way, self.device, self.open = case, way, device, ExitStack()

    def make(self) -> None:
        """With the settings that this way has."""
        if self.device != "cpu":
            torch.cuda.set_device(self.device)
        if self.way in HAND:
            torch.backends.cudnn.allow_tf32 = self.way != "hand"
            self.round = rival(self.case, self.way, engine_of(self.case, self.device, layout="contiguous")).round
        else:
            engine = engine_of(self.case, self.device, *self.way.split(" "))
            self.open.enter_context(engine.active())
            self.round = trained(self.case, engine).round

    def ready(self, rounds: int) -> dict:
        """Seconds of the first round, with making and compiling; then so many more, which record graphs."""
        try:
            began = time.perf_counter()
            self.make()
            self.clock(1)
            first = time.perf_counter() - began
            self.clock(rounds)
            return {"first_s": round(first, 2), "round_s": self.clock(rounds)[0]}
        except Exception as error:
            return {"failed": chain(error)}

    def block(self, rounds: int) -> dict:
        """Seconds a round."""
        try:
            return {"round_s": self.clock(rounds)[0]}
        except Exception as error:
            return {"failed": chain(error)}

    def memory(self) -> dict:
        """Of the device, in GiB."""
        if self.device == "cpu":
            return {}
        peak = {"allocated_gib": torch.cuda.max_memory_allocated(), "reserved_gib": torch.cuda.max_memory_reserved()}
        return {name: round(number / 2**30, 3) for name, number in peak.items()}
