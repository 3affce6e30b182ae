"""What scores mean: ladders that real data are led down, and what is said of the numbers that do not follow."""

import json

import pytest
import torch
from click.testing import CliRunner
from helpers.measures import Some

from ganzoo.cli import main
from ganzoo.evaluation.calibrate.calibrate import calibrate, insensitive, label
from ganzoo.evaluation.calibrate.ladders import RealSamples, blur, contract, drop, duplicate, ladders, memorise, noise
from ganzoo.evaluation.calibrate.report import report
from ganzoo.interfaces.scores import Score
from ganzoo.support.errors import DataError
from ganzoo.zoo.datasets.digits import Digits
from ganzoo.zoo.datasets.mixtures import Grid25, Ring


def real(data, seed=0):
    return RealSamples(data, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("data", [Digits(), Ring()])
def test_every_ladder_starts_with_real_data_and_keeps_their_number(data):
    held_out = {tuple(x.flatten().tolist()) for x in data.test.x}
    for ladder in ladders(data):
        first = ladder.degrade(real(data), ladder.levels[0], 60)
        assert len(first) == 60
        assert all(tuple(x.flatten().tolist()) in held_out for x in first), ladder.name
        for level in ladder.levels:
            x = ladder.degrade(real(data), level, 60)
            assert x.shape == (60, *data.shape)
            assert x.dtype == data.test.x.dtype


def test_dropped_modes_are_gone_with_their_stray_points():
    data = Grid25()
    x = drop(real(data), 5, 2_000)
    assert len(data.nearest(x).unique()) == 20
    assert len(data.modes(x).unique()) == 21  # those beyond 3 sigma of what is left


def test_blur_keeps_what_is_flat_and_spreads_a_dot():
    data = Digits()
    flat = blur(real(data), 0.1, 50).double().mean((1, 2, 3))
    assert torch.allclose(flat, blur(real(data), 0, 50).double().mean((1, 2, 3)), atol=8)
    contrast = [blur(real(data), sigma, 50).double().std((1, 2, 3)).mean() for sigma in (0, 0.1, 0.15, 0.25)]
    assert contrast == sorted(contrast, reverse=True)


def test_noise_contraction_and_copies_do_what_they_say():
    ring = Ring()
    x = contract(real(ring), 0.5, 500)
    assert torch.allclose(
        x - ring.centres[ring.nearest(x)],
        (lambda r: r - ring.centres[ring.nearest(r)])(real(ring).held_out(500)) / 2,
        atol=1e-6,
    )
    shaken = noise(real(ring), 2, 5_000) - real(ring).held_out(5_000)
    assert shaken.std().item() == pytest.approx(2 * ring.sigma, rel=0.05)
    assert len(duplicate(real(ring), 0.9, 500).unique(dim=0)) == 50
    train = {tuple(x.tolist()) for x in ring.train.x}
    assert sum(tuple(x.tolist()) in train for x in memorise(real(ring), 0.25, 400)) == 100


def test_a_calibration_has_floors_ladders_and_what_is_odd():
    steps = []
    found = calibrate(
        Digits(), ["fid:draws=1", "prdc", "memorization"], sizes=(100, 200, 900), repeats=2, progress=steps.append
    )
    assert list(found["floors"]) == ["100", "200"]  # not more than are held out
    assert set(found["ladders"]) == {"modes dropped", "blur", "noise", "duplicates", "memorised"}
    assert steps[0] == "n = 100"
    assert "blur 0.15" in steps
    fid = f"fid ({Digits().extractor.key})"
    for ladder in ("modes dropped", "blur", "noise"):
        values = [step["values"][fid]["mean"] for step in found["ladders"][ladder]["steps"]]
        assert values == sorted(values)
    floors = [found["floors"][n][fid]["mean"] for n in ("100", "200")]
    assert floors[0] > 1.5 * floors[1]  # the bias of few
    blind = {(row["number"].partition(" ")[0], row["ladder"]) for row in found["blind"]}
    assert ("fid", "memorised") in blind  # FID does not see copies,
    assert ("memorization", "memorised") not in blind  # memorization does
    text = report(json.loads(json.dumps(found)), "ganzoo calibrate digits")
    assert f"| {fid}, lower is better |" in text
    assert "## Blur (of the height), 250 samples" in text
    assert f"- {fid}: memorised" in text


def test_what_does_not_worsen_is_listed():
    def steps(*means, sd=0.1):
        return [{"level": i, "values": {"fid (x)": {"mean": mean, "sd": sd}}} for i, mean in enumerate(means)]

    def odd(*means, **more):
        found = insensitive({"blur": {"steps": steps(*means, **more)}}, {"fid": "lower"}, repeats=4)
        return found["not_monotone"], found["blind"]

    where = {"number": "fid (x)", "ladder": "blur"}
    assert odd(1, 2, 3) == ([], [])
    assert odd(1, 3, 2) == ([{**where, "level": 2}], [])
    assert odd(1, 3, 1) == ([{**where, "level": 2}], [where])
    assert odd(1, 1.1, 1) == ([], [where])  # within three standard errors
    assert odd(1, 2, 1.9, sd=0) == ([{**where, "level": 2}], [])
    assert insensitive({"blur": {"steps": steps(1, 2)}}, {"fid": "higher"}, 4)["not_monotone"] == [
        {**where, "level": 1}
    ]


def test_labels_name_the_extractor_and_not_the_number_of_samples():
    assert (
        label(Score("fid", "digits-judge-v1@1a2b3c4d,ref=digits/train:1297,n=500", 1.0))
        == "fid (digits-judge-v1@1a2b3c4d)"
    )
    assert label(Score("kl", "n=2500", 1.0)) == label(Score("kl", "ref=a,n=5", 1.0)) == "kl"


def test_too_little_held_out_data_is_refused():
    with pytest.raises(DataError, match="some holds out 100 samples; calibrating takes 200 or more"):
        calibrate(Some(), ["modes"])


def test_the_command_writes_two_files(tmp_path):
    done = CliRunner().invoke(
        main, ["calibrate", "digits", "--metric", "modes", "--repeats", "2", "--out", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "digits.json").read_text())
    assert found["schema"] == "ganzoo.calibration/1"
    assert found["data"]["revision"] == Digits().revision
    assert "`ganzoo calibrate digits --metric modes --repeats 2`" in (tmp_path / "digits.md").read_text()
    assert "modes@1 (digits-judge-v1@7c6c7359) is blind to memorised" in done.output
