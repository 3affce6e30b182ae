"""What the generator of a run is asked for when somebody draws samples."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganzoo.runs.records import Shapes
from ganzoo.support.errors import Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.training.sampling import Request, latents

if TYPE_CHECKING:
    from ganzoo.runs.run import Run


def sample_request(
    run: Run, n: int, seed: int, classes: Sequence[int] | None = None, given: Tensor | None = None
) -> Request:
    """n rows: random z; the classes in turn; the rows of what is given in turn, or random ones of the test split.

    Raises `Incompatible` for what the generator does not take, and for n below 1.
    """
    if index(n) < 1:
        raise Incompatible(f"{n} samples cannot be drawn; n is 1 or more")
    z = latents(n, run.recipe.settings.latent, seed_of("sample", seed))
    y = _labels(run, n, seed, classes)
    if "g" not in run.game.takes:
        if given is not None:
            raise Incompatible(
                f"the generator of {run.recipe.spec} takes nothing that could be given to it; leave it out, or train "
                "one that does, such as with the part given"
            )
        return Request(z, y)
    if given is not None:
        if not len(given):
            raise Incompatible("no row is given; give one at least")
        return Request(z, y, given[torch.arange(n) % len(given)])
    test, random = run.data.test, torch.Generator().manual_seed(seed_of("sample", "given", seed))
    assert test.given is not None
    rows = torch.randperm(len(test.given), generator=random)[torch.arange(n) % len(test.given)]
    if y is not None and classes is None and test.paired and test.y is not None:
        y = test.y[rows]
    return Request(z, y, test.given[rows])


def is_resized(given: Tensor, shapes: Shapes) -> bool:
    """Whether images are given that have another size than in training. Raises `Incompatible` for other channels."""
    source = shapes.source or ()
    images = given.dim() == 4 and len(source) == len(shapes.shape) == 3 and given.dtype == torch.uint8
    if images and given.shape[1] != source[0]:
        raise Incompatible(f"images of {given.shape[1]} channels are given, but the generator takes {source[0]}")
    return images and tuple(given.shape[2:]) != source[1:]


def _labels(run: Run, n: int, seed: int, classes: Sequence[int] | None) -> Tensor | None:
    """The classes that a conditional generator is asked for, one for each of n samples."""
    if classes is None:
        random = torch.Generator().manual_seed(seed_of("sample", "labels", seed))
        return torch.randint(run.classes, (n,), generator=random) if run.classes else None
    if not run.classes:
        raise Incompatible(f"{run.recipe.spec} takes no classes; train one that does, with cgan, projection or acgan")
    classes = list(classes)
    if not classes or any(index(c) not in range(run.classes) for c in classes):
        listed = ", ".join(map(str, classes)) or "none"
        raise Incompatible(f"classes are from 0 to {run.classes - 1}; these were given: {listed}")
    return torch.tensor([classes[i % len(classes)] for i in range(n)])
