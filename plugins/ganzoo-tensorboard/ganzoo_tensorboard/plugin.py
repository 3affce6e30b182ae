"""What this package adds to ganzoo. Imports no torch: `ganzoo list` imports this module."""

import ganzoo


@ganzoo.hookimpl
def ganzoo_components():
    return [
        ganzoo.Component(
            kind="tracker",
            name="tensorboard",
            target="ganzoo_tensorboard.tracker:TensorBoard",
            summary="losses, metrics, samples and the recipe as TensorBoard's event files",
        )
    ]
