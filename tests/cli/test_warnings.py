"""What seldom ends well is said once, in a line, and recorded."""

import json
import subprocess
import sys
import warnings

import pytest
from helpers.play import assembled

import ganzoo
from ganzoo.interfaces.terms import Regularizer
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import BCE, RaGAN, RpGAN
from ganzoo.zoo.regularizers.gradient import R1, GradientPenalty

LAZY = "r1: every=8 with the relativistic loss rpgan: training is known to fail if the penalty"


@pytest.mark.parametrize("loss", [RpGAN, RaGAN])
@pytest.mark.parametrize("penalty", [R1, GradientPenalty])
def test_lazy_penalties_of_a_relativistic_loss_are_warned_of(loss, penalty):
    with pytest.warns(ganzoo.GanzooWarning, match=r"every=8 with the relativistic loss .*; write \w+:every=1") as said:
        built = assembled(MLP(width=8), [loss(), penalty(every=8)], (2,))
    assert [str(one.message) for one in said] == built.warnings


@pytest.mark.parametrize("terms", [lambda: [RpGAN(), R1()], lambda: [BCE(), R1(every=8)]])
def test_eager_penalties_and_other_losses_are_not(terms):
    assert assembled(MLP(width=8), terms(), (2,)).warnings == []


class Loud(Regularizer):
    def attach(self, game):
        warnings.warn("another's", DeprecationWarning, stacklevel=2)


def test_warnings_of_others_still_reach_the_listener_and_are_not_recorded():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        built = assembled(MLP(width=8), [BCE(), Loud()], (2,))
    assert [str(one.message) for one in said] == ["another's"]
    assert built.warnings == []


def test_a_run_says_it_on_one_line_and_records_it(tmp_path):
    command = [sys.executable, "-m", "ganzoo", "run", "mlp:width=8+rpgan+r1:every=8@ring8", "--steps", "1", "--device"]
    command += ["cpu", "--out", str(tmp_path / "run"), "-s", "batch=8", "-s", "latent=2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"Warning: {LAZY}")
    (recorded,) = json.loads((tmp_path / "run" / "recipe.json").read_text())["warnings"]
    assert f"Warning: {recorded}" == line
