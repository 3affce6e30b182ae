"""The Inception network of 2015 that published FIDs are measured with, through torch-fidelity."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Dataset, Extractor
from ganzoo.support.errors import DataError, Incompatible, Unavailable
from ganzoo.support.files import write
from ganzoo.zoo.extractors.plain import images

NAMES = ("weights-inception-2015-12-05-6726825d.pth", "pt_inception-2015-12-05-6726825d.pth")
"""Of one and the same file, as torch-fidelity and pytorch-fid publish it."""
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
TIMEOUT = 20  # seconds without a byte


@dataclass
class Inception:
    """Features (2,048) and logits (1,008) of Inception-v3 with the weights of 2015 (Szegedy et al., arXiv:1512.00567).

    They are looked for in `weights`, in the file that GANZOO_INCEPTION names, in torch's cache, and downloaded there.
    """

    weights: Path | None = None
    """The file weights-inception-2015-12-05-6726825d.pth."""
    unpinned: bool = False
    """Take weights of any hash. The key then says `inception-unpinned`, and its numbers compare with nobody's."""

    def __call__(self, data: Dataset) -> Extractor:
        """Raises `Incompatible` for data that it cannot see, `DataError` for other weights, `Unavailable` for none."""
        if images("inception", data).shape[0] not in (1, 3):
            raise Incompatible(f"inception sees 1 or 3 channels, and {data.name} has {data.shape[0]}; take randconv")
        path = self.path()
        raw = path.read_bytes()
        digest = hashlib.sha256(raw).hexdigest()
        if digest != SHA256 and not self.unpinned:
            raise DataError(
                f"{path}: not the Inception weights of 2015: its sha256 is {digest[:12]}..., not {SHA256[:12]}...; "
                f"give the file {NAMES[0]}"
            )
        name = "inception-2015" if digest == SHA256 else "inception-unpinned"
        return Network(network(raw, path), f"{name}@{digest[:8]}", f"inception: {path}, sha256 {digest}")

    def path(self) -> Path:
        """Of the weights."""
        if named := self.weights or (os.environ.get("GANZOO_INCEPTION") or None):
            if not (path := Path(named).expanduser()).is_file():
                raise DataError(f"{path}: no such file; it should hold the Inception weights, {NAMES[0]}")
            return path
        cache = Path(torch.hub.get_dir()) / "checkpoints"
        found = (cache / name for name in NAMES)
        return next((path for path in found if path.is_file()), None) or download(cache / NAMES[0])


def download(path: Path) -> Path:
    """Fetch the weights, whole or not at all. Raises `Unavailable`."""
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3  # slow to import

    try:
        with urlopen(URL_INCEPTION_V3, timeout=TIMEOUT) as answer:
            raw = answer.read()
        if (digest := hashlib.sha256(raw).hexdigest()) != SHA256:
            raise OSError(f"what came has the sha256 {digest[:12]}...")
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, raw)
    except OSError as error:
        raise Unavailable(
            f"the Inception weights are not in {path.parent} and cannot be downloaded ({error}); give them with "
            "--inception-weights FILE or GANZOO_INCEPTION"
        ) from None
    return path


def network(raw: bytes, path: Path) -> torch.nn.Module:
    """torch-fidelity's network with these weights. Raises `DataError` where they do not fit."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    try:
        # It would unpickle the file: so it gets what was read without, written anew.
        torch.save(torch.load(io.BytesIO(raw), weights_only=True), clean := io.BytesIO())
        clean.seek(0)
        made: torch.nn.Module = FeatureExtractorInceptionV3("inception", ["2048"], feature_extractor_weights_path=clean)
    except Exception as error:  # a damaged file shows as anything
        raise DataError(f"{path}: cannot be read as the weights of Inception ({str(error)[:200]})") from None
    return made


class Network:
    """Inception as an extractor: on a GPU where there is one, always in float32."""

    batch = 50
    slow = True

    def __init__(self, net: torch.nn.Module, key: str, said: str) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.net, self.key, self.said = net.to(self.device), key, said

    def __call__(self, x: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> (N, 2048) float32; one channel is shown as three equal ones."""
        if x.dtype != torch.uint8:
            raise TypeError(f"Inception sees uint8 images, not {x.dtype}")
        with torch.inference_mode(), exact():
            parts = [self._see(part) for part in torch.split(x, self.batch)]
        return torch.cat(parts)  # outside inference mode: an ordinary tensor

    def decide(self, features: Tensor) -> Tensor:
        """What `self(x)` gave -> logits (N, 1008) float32, without the bias, as the Inception score has them."""
        weight: Tensor = self.net.fc.weight  # type: ignore[assignment, union-attr]
        return features @ weight.cpu().T

    def _see(self, x: Tensor) -> Tensor:
        (features,) = self.net(x.to(self.device).expand(-1, 3, -1, -1))
        found: Tensor = features.cpu()
        return found


@contextmanager
def exact() -> Iterator[None]:
    """Float32 that is float32: no TF32, no choice of kernels by a stopwatch."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
            yield
    finally:
        torch.set_float32_matmul_precision(before)
