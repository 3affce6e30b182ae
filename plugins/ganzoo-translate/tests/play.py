"""Small games for tests: networks and noise, without files or a registry."""

from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import torch
from ganzoo_translate.resnet import ResNetTranslator
from ganzoo_translate.unet import UNet

from ganzoo.recipes.settings import Settings
from ganzoo.runs.state import checkpoint_files, restore
from ganzoo.testing.trials import FP64, Noise
from ganzoo.training.prepare import prepare

SMALL = {"width": 4, "d_width": 4}


def unet(**options):
    return UNet(**{**SMALL, "depth": 1, **options})


def resnet(**options):
    return ResNetTranslator(**{**SMALL, "blocks": 2, **options})


class Unpaired(Noise):
    """Noise in which nothing belongs to what is given."""

    @property
    def train(self):
        return super().train._replace(paired=False)


def noise(shape=(1, 8, 8), source="same", paired=True, labels=0):
    kind = Noise if paired else Unpaired
    return kind(shape, source=shape if source == "same" else source, labels=labels)


def trainer(architecture, terms, data=None, seed=0, **settings):
    """A trainer in float64."""
    terms = sorted(terms, key=lambda term: term.order)  # as in a recipe, but for the loss
    for term in terms:
        term.name = term.name or type(term).__name__.lower()
    parts = [SimpleNamespace(build=lambda part=part: part, schedules={}) for part in (architecture, *terms)]
    settings = Settings(**{"batch": 4, "latent": 3, **settings})
    recipe = SimpleNamespace(architecture=parts[0], terms=parts[1:], settings=settings)
    return prepare(recipe, data or noise(), FP64, seed)


def weights(t):
    """All that moves have changed."""
    modules = [module for player in t.players.values() for module in (player.net, player.companions)]
    tensors = [x for module in modules for x in module.state_dict().values()]
    return [x.clone() for x in (*tensors, *(x for term in t.terms for x in term.state.values()))]


def same(ours, others):
    return all(torch.equal(a, b) for a, b in zip(ours, others, strict=True))


def copy_through_files(source, target):
    """As a stopped run is resumed."""
    with TemporaryDirectory() as folder:
        for name, content in checkpoint_files(source, {}).items():
            Path(folder, name).write_bytes(content)
        restore(target, Path(folder))
