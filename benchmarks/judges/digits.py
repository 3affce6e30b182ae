"""Trains the judge of digits: `python benchmarks/judges/digits.py` (half a minute)."""

from training import Plan

from ganzoo.zoo.datasets.digits import Digits

PLAN = Plan(name="digits-judge-v1", script="digits.py", size=8, width=16, features=48, steps=2_000)

if __name__ == "__main__":
    PLAN.write_judge(Digits())
