"""Trains the judge of MNIST: `python benchmarks/judges/mnist.py` (minutes; see GANZOO_DATA)."""

from training import Plan, Warp

from ganzoo.zoo.datasets.mnist import MNIST

PLAN = Plan(
    name="mnist-judge-v1",
    script="mnist.py",
    size=28,
    width=16,
    features=64,
    steps=6_000,
    warp=Warp(turn=6, shear=0.08, shift=0.1, noise=0.1),
)

if __name__ == "__main__":
    PLAN.write_judge(MNIST())
