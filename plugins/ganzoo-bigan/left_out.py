"""Anomalies of `digits`, each class in turn left out of training: `python left_out.py [IMAGES]`, one line a class.

As Zenati et al. 2018 (section 4) do with MNIST: an outlier is a held-out digit of the class that was left out, and
what is told from it are held-out digits of the other nine.
"""

import sys
import tempfile

import numpy as np
import torch
from ganzoo_bigan.parts import anomaly, auroc
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import ganzoo

SPEC, SETTINGS = "bigan-net:width=256+bigan", {"lr": 1e-3, "latent": 16}


def measure(left_out, images):
    """AUROC of `anomaly`, and that of the distance to the mean of the training images."""
    x, y = load_digits(return_X_y=True)
    x = (x * (255 / 16)).round().astype(np.uint8).reshape(-1, 8, 8, 1)
    train, test, train_y, test_y = train_test_split(x, y, test_size=500, random_state=0, stratify=y)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/nine.npz", train[train_y != left_out])
        run = ganzoo.run(f"{SPEC}@npz:{folder}/nine.npz", images=images, out=f"{folder}/run", settings=SETTINGS)
        test = torch.from_numpy(test).permute(0, 3, 1, 2)
        far = (test.float() - torch.from_numpy(train[train_y != left_out]).permute(0, 3, 1, 2).float().mean(0)).square()
        strange = torch.from_numpy(test_y == left_out)
        scores = anomaly(run, test), far.flatten(1).sum(1)
    return [auroc(score[~strange], score[strange]) for score in scores]


if __name__ == "__main__":
    found = []
    for digit in range(10):
        found.append(measure(digit, sys.argv[1] if len(sys.argv) > 1 else "200k"))
        print(f"{digit} left out: AUROC {found[-1][0]:.3f}, by the distance to the mean {found[-1][1]:.3f}", flush=True)
    print("mean of ten: AUROC {:.3f}, by the distance to the mean {:.3f}".format(*np.mean(found, 0)))
