"""The samples of a generator as metrics see them, whether it is stored or in training."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganzoo.evaluation.evaluate import extractor
from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.turn import Game
from ganzoo.support.seeds import seed_of
from ganzoo.training.sampling import Request, evaluation_request, render
from ganzoo.zoo.metrics.base import Evaluation, FindExtractor, SampleSource
from ganzoo.zoo.metrics.sample_set import Drawn, DScore

FindNetwork = Callable[[str], nn.Module]
"""The name of a network: "generator", "discriminator" or a companion -> the network, ready to be called."""


def generated(
    game: Game,
    data: Dataset,
    latent: int,
    network: FindNetwork,
    n: int | None = None,
    find_extractor: FindExtractor = extractor,
) -> Evaluation:
    """An evaluation of `data.n_eval` samples, or of n if that is more. Always of the same z, labels and given."""

    def draw(n: int) -> Drawn:
        request, answer = evaluation_request(data, game, latent, n)
        samples = render(network("generator"), data, request, seed_of("evaluation"))
        return Drawn(samples, request.y, request.given, answer)

    def generate(z: Tensor, y: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        return render(network("generator"), data, Request(z, y, given))

    source = SampleSource(
        draw=draw,
        generator=generate,
        latent=latent,
        classes=game.classes,
        find_discriminator=lambda: _discriminator(game, data, network),
        network=network,
    )
    return Evaluation(data, *draw(max(n or 0, data.n_eval)), source=source, find_extractor=find_extractor)


def _discriminator(game: Game, data: Dataset, network: FindNetwork) -> DScore | None:
    """D's scores of samples, the mean over patches; None where D judges several samples together."""
    net = network("discriminator")
    like = next(net.parameters(), torch.zeros(()))

    @torch.no_grad()
    def score(x: Tensor, y: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        more = [] if given is None or "d" not in game.takes else [data.encode_given(given).to(like)]
        labels = y.to(like.device) if game.classes and y is not None else None
        scores: Tensor = net(data.encode(x).to(like), labels, *more)["score"].float().cpu()
        return scores if scores.dim() < 2 else scores.flatten(1).mean(1)

    two = data.train.rows(slice(2))
    given = None if two.given is None else two.given[:2]
    try:
        return score if score(two.x, torch.zeros(2, dtype=torch.long), given).shape == (2,) else None
    except (RuntimeError, ValueError):
        return None
