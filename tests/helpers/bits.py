"""Hashes of weights, samples and numbers, and the torch and CPU that recorded ones hold for."""

import hashlib
import json
import re
import signal
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

import ganzoo


def here():
    """The torch and the CPU that decide the last bits."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    facts = dict(re.findall(r"^(model name|cpu family|model)\s*: (.*)$", text, re.MULTILINE)[::-1])
    name, kind = facts.get("model name", "unknown"), f"family {facts.get('cpu family')}, model {facts.get('model')}"
    return {"torch": str(torch.__version__), "cpu": f"{name}, {torch.backends.cpu.get_cpu_capability()}, {kind}"}


def elsewhere(recorded):
    """Why recorded numbers do not hold here; empty if they do."""
    before, now = recorded["where"], here()
    if before == now:
        return ""
    return f"recorded with torch {before['torch']} on {before['cpu']}; here is torch {now['torch']} on {now['cpu']}"


def sha(content):
    return hashlib.sha256(content).hexdigest()


def sha_of_json(value):
    """Of numbers and names, whatever the order and the spaces."""
    return sha(json.dumps(value, sort_keys=True).encode())


def sha_of_tensor(x):
    return sha(f"{x.dtype} {tuple(x.shape)}".encode() + x.contiguous().numpy().tobytes())


def newest(path):
    """The newest checkpoint of a run directory."""
    return max((p for p in (Path(path) / "checkpoints").iterdir() if p.name.isdecimal()), key=lambda p: int(p.name))


def weights(path):
    """Images seen, and the sha256 of each file of weights of the newest checkpoint."""
    folder = newest(path)
    return {"images": int(folder.name), **{p.name: sha(p.read_bytes()) for p in sorted(folder.glob("*.safetensors"))}}


def read(path):
    return json.loads(Path(path).read_text())


@contextmanager
def one_thread():
    """One thread for torch, and for the BLAS of numpy and scipy, on which the last bits of an FID depend.

    A limit holds only for a BLAS that is loaded already, hence the import.
    """
    import_module("scipy.linalg")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield
    torch.set_num_threads(before)


class Stopper(ganzoo.Tracker):
    """Raises SIGTERM once the run has seen so many images."""

    def __init__(self, images):
        self.images = images

    def progress(self, images):
        if images >= self.images:
            self.images = float("inf")
            signal.raise_signal(signal.SIGTERM)

    def losses(self, images, losses):
        self.progress(images)
