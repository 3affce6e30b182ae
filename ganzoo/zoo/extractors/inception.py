"""The Inception network of 2015, with which published FIDs are measured, from torch-fidelity."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Dataset, Extractor
from ganzoo.support.errors import DataError, Incompatible, Unavailable
from ganzoo.support.files import expanded, write
from ganzoo.support.float32 import pinned_float32
from ganzoo.zoo.extractors.offline import require_images

NAMES = ("weights-inception-2015-12-05-6726825d.pth", "pt_inception-2015-12-05-6726825d.pth")
"""Names under which torch-fidelity and pytorch-fid publish the same file."""
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
TIMEOUT = 20  # seconds without a byte


@dataclass
class Inception:
    """Features (2,048) and logits (1,008) of Inception-v3 with the weights of 2015 (Szegedy et al., arXiv:1512.00567).

    The weights are looked for in `weights`, in the file named by GANZOO_INCEPTION, and in torch's cache, to which they
    are downloaded if missing.
    """

    weights: Path | None = None
    """The file weights-inception-2015-12-05-6726825d.pth."""
    unpinned: bool = False
    """Accept other weights. The key of the scores then says `inception-unpinned`: compare them with no other scores."""

    def __call__(self, data: Dataset) -> Extractor:
        """Raises `Incompatible` for unsuitable data, `DataError` for other weights, `Unavailable` without weights."""
        if require_images("inception", data).shape[0] not in (1, 3):
            raise Incompatible(
                f"inception takes images of 1 or 3 channels, and {data.name} has {data.shape[0]}; use randconv"
            )
        path = self.path()
        raw = path.read_bytes()
        digest = hashlib.sha256(raw).hexdigest()
        if digest != SHA256 and not self.unpinned:
            raise DataError(
                f"{path}: not the Inception weights of 2015: its sha256 is {digest[:12]}..., not {SHA256[:12]}...; "
                f"give the file {NAMES[0]}"
            )
        name = "inception-2015" if digest == SHA256 else "inception-unpinned"
        return InceptionFeatures(load_network(raw, path), f"{name}@{digest[:8]}", f"inception: {path}, sha256 {digest}")

    def path(self) -> Path:
        """The file of the weights, downloaded if it is missing. Raises `DataError` or `Unavailable`."""
        if named := self.weights or (os.environ.get("GANZOO_INCEPTION") or None):
            if not (path := expanded(named)).is_file():
                raise DataError(f"{path}: no such file; it should hold the Inception weights, {NAMES[0]}")
            return path
        cache = Path(torch.hub.get_dir()) / "checkpoints"
        return next((cache / name for name in NAMES if (cache / name).is_file()), None) or download(cache / NAMES[0])


def download(path: Path) -> Path:
    """Download the weights; a failed download leaves no file. Raises `Unavailable`."""
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3  # slow to import

    try:
        with urlopen(URL_INCEPTION_V3, timeout=TIMEOUT) as response:
            raw = response.read()
        if (digest := hashlib.sha256(raw).hexdigest()) != SHA256:
            raise OSError(f"the downloaded file has the sha256 {digest[:12]}...")
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, raw)
    except OSError as error:
        raise Unavailable(
            f"the Inception weights are not in {path.parent} and cannot be downloaded ({error}); give them with "
            "--inception-weights FILE or GANZOO_INCEPTION"
        ) from None
    return path


def load_network(raw: bytes, path: Path) -> torch.nn.Module:
    """torch-fidelity's network with these weights. Raises `DataError` if they do not fit."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    try:
        # torch-fidelity unpickles its file, so it gets a new one, saved from tensors that were loaded safely.
        torch.save(torch.load(io.BytesIO(raw), weights_only=True), safe := io.BytesIO())
        safe.seek(0)
        net: torch.nn.Module = FeatureExtractorInceptionV3("inception", ["2048"], feature_extractor_weights_path=safe)
    except Exception as error:  # a damaged file raises anything
        raise DataError(f"{path}: cannot be read as the weights of Inception ({str(error)[:200]})") from None
    return net


class InceptionFeatures:
    """Inception as an extractor: on a GPU if there is one, always in float32."""

    batch = 50
    slow = True

    def __init__(self, net: torch.nn.Module, key: str, said: str) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.net, self.key, self.said = net.to(self.device), key, said

    def __call__(self, x: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> (N, 2048) float32; one channel is repeated to three."""
        if x.dtype != torch.uint8:
            raise TypeError(f"Inception takes uint8 images, not {x.dtype}")
        with torch.inference_mode(), pinned_float32():
            features = [
                self.net(part.to(self.device).expand(-1, 3, -1, -1))[0].cpu() for part in torch.split(x, self.batch)
            ]
        return torch.cat(features)  # outside inference mode: an ordinary tensor

    def decide(self, features: Tensor) -> Tensor:
        """Features -> logits (N, 1008) float32, without the bias, as in the original Inception score."""
        weight: Tensor = self.net.fc.weight  # type: ignore[assignment, union-attr]
        return features @ weight.cpu().T
