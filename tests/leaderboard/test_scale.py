"""How values of a metric are compared over seeds."""

import math

import msgspec
import pytest
from helpers.fake_records import FID, KL, board_of, only_table, record, seeds

import ganzoo
from ganzoo.evaluation.evaluate import better_of, metric, scales_of
from ganzoo.leaderboard.agreement import repeats
from ganzoo.leaderboard.columns import columns
from ganzoo.leaderboard.scale import UNRECORDED, Scale
from ganzoo.runs.records import Best

KID = FID.replace("fid", "kid")
HQ = "hq@3sigma[n=2500]"
BUILT_IN = [component.name for component in ganzoo.list_components("metric") if component.name != "distribution"]


def scored(seed, value, spec="dcgan+bce", key=KID, better="lower", **more):
    """A record with a score more."""
    result = record(spec, seed, **more)
    metrics = result.metrics | {key: value}
    curve = [*result.curve[:-1], msgspec.structs.replace(result.curve[-1], metrics=metrics)]
    best = result.best | {key: Best(value, result.budget.images, better)}
    return msgspec.structs.replace(result, metrics=metrics, curve=curve, best=best)


def test_every_built_in_metric_has_a_scale_also_in_old_records():
    for name in BUILT_IN:
        scales = scales_of([metric(name)])
        for score, way in better_of([metric(name)]).items():
            assert Scale.of(score, way).name == scales.get(score, "log" if way == "lower" else "plain"), score
    known = {score for name in BUILT_IN for score in better_of([metric(name)])}
    assert UNRECORDED.keys() <= known


@pytest.mark.parametrize("scale", [Scale("lower", "log"), Scale("higher", "plain"), Scale("higher", "share")])
def test_losses_and_back(scale):
    assert scale.from_loss(scale.to_loss(0.25)) == pytest.approx(0.25)
    better, worse = (0.2, 0.3) if scale.better == "lower" else (0.3, 0.2)
    assert scale.to_loss(better) < scale.to_loss(worse) < scale.to_loss(scale.worst)


def test_values_stay_within_bounds():
    assert Scale("higher", "share").from_loss(-1.13) == 1
    assert Scale("lower", "share").from_loss(-0.2) == 0
    assert Scale("higher", "amount").from_loss(3.0) == 0
    assert Scale("lower", "plain").from_loss(-0.2) == -0.2
    assert Scale("lower", "log").from_loss(1e4) < math.inf


def test_logarithms_need_positive_values():
    assert Scale.of("kl", "lower", "log", [0.1, 0.2]).log
    assert not Scale.of("kl", "lower", "log", [0.1, 0.0]).log
    assert not Scale.of("theirs", "lower", values=[0.1, -0.2]).log
    assert Scale.of("theirs", "lower", values=[0.1]).log
    assert Scale.of("theirs", "lower", "share", [0.1]).name == "share"


def test_a_board_by_kid_compares_differences(tmp_path):
    rows = [scored(seed, value) for seed, value in enumerate((-2e-4, 1e-4, 3e-4))]
    rows += [scored(seed, value, "mlp+bce") for seed, value in enumerate((0.05, 0.051, 0.049))]
    table = only_table(board_of(tmp_path, *rows, metric="kid"))
    assert table.scale == Scale("lower", "plain")
    assert [(row.label, row.rank) for row in table.rows] == [("dcgan+bce", 1), ("mlp+bce", 2)]
    assert 0 < table.least < 0.01
    mean = next(column for column in columns(table) if column.name == "mean")
    assert mean.hint == "mean over seeds and its t interval"


def test_the_scale_of_a_record_counts(tmp_path):
    def with_scale(result):
        best = {key: msgspec.structs.replace(b, scale="plain") for key, b in result.best.items()}
        return msgspec.structs.replace(result, best=best)

    assert only_table(board_of(tmp_path, *seeds("dcgan+bce", 10, 11, 12))).scale.log
    assert not only_table(board_of(tmp_path, *map(with_scale, seeds("dcgan+bce", 10, 11, 12)))).scale.log


def test_shares_of_old_records_stay_within_their_bounds(tmp_path):
    values = enumerate((0.75, 0.95, 0.99))
    rows = [scored(seed, value, "mlp+bce", HQ, "higher", fid=0.1, data="ring8") for seed, value in values]
    row = only_table(board_of(tmp_path, *rows, metric="hq")).rows[0]
    assert 0 < row.summary.mean_low < row.summary.mean < row.summary.mean_high == 1


def test_a_zero_takes_the_logarithms_from_a_table(tmp_path):
    table = only_table(board_of(tmp_path, *seeds("mlp+bce", 0.0, 0.1, 0.2, data="ring8")))
    assert (table.key, table.scale.name) == (KL, "amount")
    assert table.rows[0].summary.mean == pytest.approx(0.1)
    assert table.rows[0].summary.mean_low == 0


def test_another_machine_repeats_a_negative_score():
    def by_kid(seed, value, **env):
        result = scored(seed, value)
        data = msgspec.structs.replace(result.dataset, primary="kid")
        return msgspec.structs.replace(result, dataset=data, env=msgspec.structs.replace(result.env, **env))

    siblings = [by_kid(seed, value) for seed, value in enumerate((-2e-4, 1e-4, 3e-4))]
    near, far = (repeats(by_kid(0, value, device="cpu (another)"), siblings[0], siblings) for value in (-1e-4, 0.5))
    assert near[0]
    assert "is inside the 99 % prediction interval of 3 seeds, -0.00" in near[1]
    assert not far[0]
