"""Trains the judge of Fashion-MNIST: `python benchmarks/judges/fashion.py` (ten minutes; see GANZOO_DATA)."""

from training import Plan, Warp

from ganzoo.zoo.datasets.mnist import FashionMNIST

PLAN = Plan(
    name="fashion-judge-v1",
    script="fashion.py",
    size=28,
    width=20,
    features=64,
    steps=12_000,
    warp=Warp(turn=3, shear=0.03, shift=0.08, noise=0.1, flip=True),
)

if __name__ == "__main__":
    PLAN.write_judge(FashionMNIST())
