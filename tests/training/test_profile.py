"""Where the time of a step goes: that it adds up, and that nothing of a run is changed."""

import json
import time

import pytest
import torch
from click.testing import CliRunner

from ganzoo.cli import main
from ganzoo.recipes.recipe import resolve
from ganzoo.training.engine import Engine
from ganzoo.training.instruments import FlopCounter, SpanTimer
from ganzoo.training.profile import advice, profile

CPU = Engine(device="cpu", threads=1, layout="contiguous")


@pytest.fixture(scope="module")
def found():
    return profile(resolve("mlp:width=8+wgangp@ring8", None, {"batch": 16}), CPU, seconds=0)


def test_parts_are_those_of_the_recipe_and_add_up(found):
    assert {"data", "optimizer", "EMA", "G forward", "D forward", "wgan", "gp", "backward in D's move"} <= {
        *found.parts_ms
    }
    assert all(spent >= 0 for spent in found.parts_ms.values())
    assert found.round_ms > 0
    assert found.images_per_s == pytest.approx(16 * 5 / found.round_ms * 1e3)


def test_arithmetic_is_counted_as_on_paper(found):
    a, b = torch.randn(3, 4), torch.randn(4, 5)
    counter = FlopCounter()
    with counter:
        torch.autograd.grad((a.requires_grad_() @ b).sum(), a)
    assert counter.total == 2 * (3 * 4 * 5) * 2  # forward, and one product backward
    assert found.flop_per_round > 0
    assert found.flop_per_s == pytest.approx(found.flop_per_round / found.round_ms * 1e3)


def test_a_span_is_booked_without_those_inside_it():
    watch = SpanTimer("cpu")
    inner = watch.timed("inner", lambda: time.sleep(0.02))
    watch.timed("outer", lambda: (inner(), time.sleep(0.01)))()
    assert 0.02 <= watch.spent["inner"] < 0.2
    assert 0.01 <= watch.spent["outer"] < 0.19


def test_advice_follows_from_what_was_measured():
    recipe = resolve("dcgan+bce+r1")
    said = advice(recipe, CPU, {"r1": 0.5, "data": 0.3, "D forward": 0.2}, 0.5)
    assert any("r1:every=4" in line for line in said)
    assert any("batch" in line for line in said)
    assert not advice(recipe, CPU, {"D forward": 1.0}, 0.5)
    assert not any("every" in line for line in advice(resolve("dcgan+r3"), CPU, {"r1": 0.5, "D forward": 0.5}, 0.5))


def test_on_the_command_line():
    told = CliRunner().invoke(main, ["profile", "mlp:width=8+bce@ring8", "-s", "batch=16", "--seconds", "0"])
    assert told.exit_code == 0, told.output
    assert "D forward" in told.output
    told = CliRunner().invoke(main, ["profile", "mlp:width=8+bce@ring8", "-s", "batch=16", "--seconds", "0", "--json"])
    assert json.loads(told.output)["engine"]["mode"] == "eager"
    refused = CliRunner().invoke(main, ["profile", "mlp+bce@ring8", "--engine", "graph", "--device", "cpu"])
    assert refused.exit_code == 2
