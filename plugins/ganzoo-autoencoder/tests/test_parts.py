"""The terms against closed forms."""

from types import SimpleNamespace

import pytest
import torch
from ganzoo_autoencoder.parts import BEGAN, EBGAN, Autoencoder, PullAway

import ganzoo


def scores(real, fake):
    """A turn whose scores are minus these energies."""
    return SimpleNamespace(real_score=-torch.tensor(real), fake_score=-torch.tensor(fake))


def test_ebgan_ignores_fakes_beyond_the_margin():
    assert EBGAN(margin=2.0).d(scores([1.0, 3.0], [0.5, 9.0])).item() == pytest.approx(2.0 + 0.75)
    assert EBGAN(margin=2.0).g(scores([1.0, 3.0], [0.5, 9.0])).item() == pytest.approx(4.75)


def test_began_updates_k():
    loss = BEGAN(gamma=0.5, rate=0.1)
    loss.attach(SimpleNamespace(device=torch.device("cpu")))
    assert loss.d(scores([2.0], [0.4])).item() == pytest.approx(2.0)  # k = 0
    assert loss.state["k"].item() == pytest.approx(0.1 * (0.5 * 2.0 - 0.4))
    assert loss.d(scores([2.0], [0.4])).item() == pytest.approx(2.0 - 0.06 * 0.4)
    for _ in range(50):
        loss.d(scores([2.0], [0.4]))
    assert loss.state["k"] == 1


def test_pull_away_is_zero_for_orthogonal_codes_and_one_for_copies():
    term = PullAway()
    assert term.g(SimpleNamespace(fake_out={"features": torch.eye(4)})).item() == pytest.approx(0, abs=1e-6)
    copies = torch.tensor([[3.0, 4.0]]).repeat(5, 1)
    assert term.g(SimpleNamespace(fake_out={"features": copies})).item() == pytest.approx(1)


@pytest.mark.parametrize(("needs", "power"), [(set(), 2), ({"reconstruction", "absolute"}, 1)])
def test_the_score_is_minus_the_reconstruction_error(needs, power):
    d = Autoencoder().discriminator(ganzoo.NetSpec(shape=(1, 8, 8), needs=needs))
    x = torch.rand(3, 1, 8, 8) * 2 - 1
    out = d(x)
    error = (out["reconstruction"] - x).flatten(1).abs().pow(power).mean(1)
    assert torch.allclose(out["score"], -error)
