"""What a checkpoint holds: the networks, and all else that an exact resume needs."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import deepcopy
from pathlib import Path
from textwrap import shorten
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from ganzoo.interfaces.turn import Game
from ganzoo.support.errors import RunError
from ganzoo.support.messages import nearest, sentence
from ganzoo.training.trainer import Trainer
from ganzoo.zoo.nn.norm import use_batch_statistics


def _networks(trainer: Trainer) -> dict[str, nn.Module]:
    """By the names of their files. "generator" is the moving average of "g", as "encoder" is that of "encoder.last"."""
    game = trainer.game
    own = {"g": game.g.net, "d": game.d.net, "generator": trainer.ema.net}
    companions: dict[str, nn.Module] = {**game.g.companions, **game.d.companions}
    averages = {name: average.net for name, average in trainer.averages.items()}
    return {**own, **companions, **averages, **{f"{name}.last": companions[name] for name in averages}}


def trained_network(trainer: Trainer, name: str, run: Path) -> nn.Module:
    """What `restored_network` will give of the next checkpoint: a copy, which training does not change."""
    if name == "generator":
        return trainer.ema.net
    net = _named(trainer.game, name, run)
    averaged = trainer.averages[name].net if name in trainer.averages else net
    return _for_sampling(deepcopy(averaged), net in _judges(trainer.game))


def networks_as_of_now(trainer: Trainer, run: Path) -> Callable[[str], nn.Module]:
    """`trained_network` of this moment, for later: copies of all networks. Raises `RunError` for one that has none."""
    game, copies = trainer.game, {"generator": deepcopy(trainer.ema.net)}
    for name in ("discriminator", *game.g.companions, *game.d.companions):
        with suppress(Exception):  # of a plugin's network that few metrics ask for
            copies[name] = trained_network(trainer, name, run)

    def find(name: str) -> nn.Module:
        if name not in copies:
            _named(game, name, run)
            raise RunError(f"the network {name!r} of {run} cannot be copied")
        return copies[name]

    return find


def checkpoint_files(trainer: Trainer, also: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of a checkpoint. `also` is kept beside the trainer's state; it must be plain data."""
    files = {}
    for name, net in _networks(trainer).items():
        files[f"{name}.safetensors"] = save({key: value.contiguous() for key, value in net.state_dict().items()})
    buffer = io.BytesIO()
    torch.save({"trainer": trainer.state_dict(), **also}, buffer)
    return {**files, "state.pt": buffer.getvalue()}


def _weights(file: Path) -> dict[str, Tensor]:
    return load(file.read_bytes())  # safetensors opens only files whose paths are UTF-8


def restore(trainer: Trainer, checkpoint: Path) -> dict[str, Any]:
    """Load a checkpoint into a trainer, and give what was kept beside its state. Raises `RunError`."""
    with _must_fit(checkpoint):
        for name, net in _networks(trainer).items():
            net.load_state_dict(_weights(checkpoint / f"{name}.safetensors"))
        state: dict[str, Any] = torch.load(checkpoint / "state.pt", weights_only=True, map_location=trainer.game.device)
        trainer.load_state_dict(state.pop("trainer"))
    return state


def restored_network(game: Game, name: str, checkpoint: Path, run: Path) -> nn.Module:
    """The generator, the discriminator or a companion from a checkpoint of `run`, in eval mode. Raises `RunError`."""
    net, file = _named(game, name, run), "d" if name == "discriminator" else name
    with _must_fit(checkpoint):
        net.load_state_dict(_weights(checkpoint / f"{file}.safetensors"))
    return _for_sampling(net, net in _judges(game))


def _named(game: Game, name: str, run: Path) -> nn.Module:
    """The generator, the discriminator or a companion. Raises `RunError` for any other name."""
    nets = {"generator": game.g.net, "discriminator": game.d.net, **game.g.companions, **game.d.companions}
    if name not in nets:
        raise RunError(f"{run} has no network {name!r}{nearest(name, nets)}")
    net: nn.Module = nets[name]
    return net


def _judges(game: Game) -> list[nn.Module]:
    """D, and the companions that judge samples too."""
    return [*game.d.judges, *game.g.judges[1:]]


def _for_sampling(net: nn.Module, judge: bool) -> nn.Module:
    """In eval mode, without gradients. What judges samples normalises by each batch, as in training."""
    net.eval().requires_grad_(False)
    if judge:
        use_batch_statistics(net)
    return net


@contextmanager
def _must_fit(checkpoint: Path) -> Iterator[None]:
    """A checkpoint that verifies, but cannot be loaded, was made by another recipe: say so in a sentence."""
    try:
        yield
    except OSError as error:
        why = f"{error.strerror or error}; nothing was changed"
        raise RunError(f"cannot read {error.filename or checkpoint}: {why}") from None
    except Exception as error:
        raise RunError(
            f"{checkpoint} does not fit the recipe of its run ({shorten(sentence(error), 200)}); remove it, or run "
            "again with --force"
        ) from error
