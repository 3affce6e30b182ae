"""Anomaly detection on `digits` with each class left out of training in turn: `python left_out.py [IMAGES]`.

Prints one line a class. The protocol is that of Zenati et al. 2018 (section 4) for MNIST: outliers are held-out digits
of the class that was left out, inliers are held-out digits of the other nine.
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
    """AUROC of `anomaly`, and of the distance to the mean training image."""
    x, y = load_digits(return_X_y=True)
    x = (x * (255 / 16)).round().astype(np.uint8).reshape(-1, 8, 8, 1)
    train, test, train_y, test_y = train_test_split(x, y, test_size=500, random_state=0, stratify=y)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/nine.npz", train[train_y != left_out])
        run = ganzoo.run(f"{SPEC}@npz:{folder}/nine.npz", images=images, out=f"{folder}/run", settings=SETTINGS)
        test = torch.from_numpy(test).permute(0, 3, 1, 2)
        mean = torch.from_numpy(train[train_y != left_out]).permute(0, 3, 1, 2).float().mean(0)
        distance = (test.float() - mean).square().flatten(1).sum(1)
        outlier = torch.from_numpy(test_y == left_out)
        scores = anomaly(run, test), distance
    return [auroc(score[~outlier], score[outlier]) for score in scores]


if __name__ == "__main__":
    results = []
    for digit in range(10):
        results.append(measure(digit, sys.argv[1] if len(sys.argv) > 1 else "200k"))
        ours, baseline = results[-1]
        print(f"{digit} left out: AUROC {ours:.3f}, distance to the mean {baseline:.3f}", flush=True)
    print("mean of ten: AUROC {:.3f}, distance to the mean {:.3f}".format(*np.mean(results, 0)))
