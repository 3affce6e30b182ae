"""The distance of translations to the images that belong to what was given."""

from dataclasses import dataclass
from functools import partial
from hashlib import sha256

import torch

import ganzoo
from ganzoo_translate.damage import bicubic, levels
from ganzoo_translate.similarity import WINDOW, mean_error, psnr, ssim

AT_ONCE = 500
"""Images that are compared at a time."""


@dataclass
class Answer:
    """Of held-out pairs: the mean absolute error (levels of 0 to 255), PSNR in dB, and SSIM (Wang et al. 2004).

    Each is the mean over images; an image without any error has 100 dB. SSIM takes images of at least 11 pixels a side.
    What needs no G has the same scores beside it: `.copy`, what was given, unchanged, where it has the right size;
    `.bicubic`, what was given, enlarged by bicubic interpolation; `.meanfill`, of images with holes, where each missing
    pixel is the mean of this pixel in the train split.
    """

    better = {"mae": "lower", "psnr": "higher", "ssim": "higher"}
    scale = {"mae": "log", "psnr": "plain", "ssim": "plain"}

    def __call__(self, e):
        """The protocol names the split and the number of translations. Raises `Incompatible` without answers."""
        if e.data.kind != "image":
            raise ganzoo.Incompatible(f"answer compares images, and this data is {e.data.kind}; leave it out")
        if e.answer is None:
            raise ganzoo.Incompatible(
                "answer compares translations of held-out images with the images that belong to them, and there are "
                "none; evaluate a run on paired data, such as @pairs:FOLDER,to=FOLDER or @degrade:mnist,how=x2"
            )
        protocol = f"ref={e.reference('test')},n={len(e)}"
        scores = [ganzoo.Score(name, protocol, value) for name, value in compared(e.x, e.answer).items()]
        of_these = tuple(sha256(part.contiguous().numpy()).digest() for part in (e.given, e.answer))
        for baseline, images in rivals(e).items():
            values = e.cached(("answer", baseline, of_these), partial(compared, images, e.answer))
            scores += [ganzoo.Score(f"{name}.{baseline}", protocol, value) for name, value in values.items()]
        return scores


def compared(x, answer):
    """The mean over images of each measure."""
    measures = {"mae": mean_error, "psnr": psnr}
    if min(x.shape[2:]) >= WINDOW:
        measures["ssim"] = ssim
    parts = list(zip(x.split(AT_ONCE), answer.split(AT_ONCE), strict=True))
    return {name: torch.cat([measure(a, b) for a, b in parts]).mean().item() for name, measure in measures.items()}


def rivals(e):
    """Images that need no G, by name."""
    given, x = e.given, e.answer
    channels, size = x.shape[1], x.shape[2:]
    if given.dtype != torch.uint8 or given.dim() != 4:
        return {}
    if given.shape[2:] != size:
        return {"bicubic": bicubic(given, size)} if given.shape[1] == channels else {}
    if given.shape[1] == channels + 1 and bool(((given[:, -1] == 0) | (given[:, -1] == 255)).all()):
        mean = e.cached("answer, mean image", lambda: levels(e.data.train.x.float().mean(0)))
        return {"meanfill": torch.where(given[:, -1:] > 0, mean, given[:, :-1])}
    return {"copy": given.expand(-1, channels, -1, -1)} if given.shape[1] in (1, channels) else {}
