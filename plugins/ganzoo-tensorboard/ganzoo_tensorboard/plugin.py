"""Registers the parts of this package. `ganzoo list` imports this module, so it must not import torch."""

import ganzoo


@ganzoo.hookimpl
def ganzoo_components():
    return [
        ganzoo.Component(
            kind="tracker",
            name="tensorboard",
            target="ganzoo_tensorboard.tracker:TensorBoard",
            summary="writes losses, scores, samples and the recipe to TensorBoard's event files",
        )
    ]
