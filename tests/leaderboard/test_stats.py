"""Statistics over seeds, against closed forms, and ranks."""

import math

import numpy as np
import pytest
from helpers.fake_records import FID, failed, record, seeds

from ganzoo.interfaces.scores import Score
from ganzoo.leaderboard.match import compared_point, seed_result
from ganzoo.leaderboard.merge import BoardCell
from ganzoo.leaderboard.ranking import rank_table
from ganzoo.leaderboard.record_files import StoredRecord
from ganzoo.leaderboard.rows import BoardRow
from ganzoo.leaderboard.scale import Scale
from ganzoo.leaderboard.stats import chance_of_best, prediction_interval, summarise, t_interval
from ganzoo.leaderboard.tables import BoardTable

DISTANCE, SHARE = Scale("lower", "log"), Scale("higher", "share")


def normal(sizes, shifts, seed=0, spread=1.0):
    generator = np.random.default_rng(seed)
    return [list(generator.normal(shift, spread, n)) for n, shift in zip(sizes, shifts, strict=True)]


# ---------------------------------------------------------------- intervals


def test_t_interval_by_hand():
    low, high = t_interval([1.0, 2.0, 3.0])  # mean 2, s 1, t(0.975, 2) = 4.302653
    assert (low + high) / 2 == pytest.approx(2)
    assert high - 2 == pytest.approx(4.302652729911275 / math.sqrt(3))


def test_prediction_interval_by_hand():
    low, high = prediction_interval([1.0, 2.0, 3.0])  # t(0.995, 2) = 9.924843
    assert (high - low) / 2 == pytest.approx(9.92484320091807 * math.sqrt(1 + 1 / 3))


def test_intervals_hold_as_often_as_they_say():
    draws = np.random.default_rng(1).normal(size=(2_000, 5))
    means = [t_interval(row[:4]) for row in draws]
    assert np.mean([low < 0 < high for low, high in means]) == pytest.approx(0.95, abs=0.015)
    nexts = [prediction_interval(row[:4], 0.05) for row in draws]
    held = [low < row[4] < high for (low, high), row in zip(nexts, draws, strict=True)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


def test_an_interval_needs_two_values():
    with pytest.raises(ValueError, match="at least two"):
        t_interval([1.0])


# ---------------------------------------------------------------- the chance of being best


def test_chances_add_up_to_one_and_repeat():
    groups = normal((3, 5, 4, 3), (0, 0, 0, 0))
    chances = chance_of_best(groups)
    assert sum(chances) == pytest.approx(1)
    assert chances == chance_of_best(groups)
    assert chances != chance_of_best(groups, seed=1)


def test_chances_by_hand():
    # The mean of two draws from {0, 2} is 0, 1 or 2 with 1/4, 1/2 and 1/4; the other is always 1.
    assert chance_of_best([[0.0, 2.0], [1.0]]) == pytest.approx([0.25 + 0.25, 0.25 + 0.25], abs=0.015)
    assert chance_of_best([[0.0], [1.0]]) == [1, 0]
    assert chance_of_best([[1.0], [1.0], [1.0], [1.0]]) == [0.25] * 4
    assert chance_of_best([]) == []


def test_equal_values_share_the_chance_whatever_n():
    groups = [[0.1] * 3, [0.1] * 7, [0.1] * 10]  # whose means differ in their last digits
    assert chance_of_best(groups, resolution=1e-10) == pytest.approx([1 / 3] * 3)


def test_a_lost_seed_loses_the_draws_that_it_is_in():
    good, lost = chance_of_best([[5.0, 5.0, 5.0], [1.0, 1.0, math.inf]])
    assert lost == pytest.approx((2 / 3) ** 3, abs=0.02)
    assert good == pytest.approx(1 - lost)
    assert chance_of_best([[math.inf], [math.inf, math.inf]]) == [0.5, 0.5]


# ---------------------------------------------------------------- summaries and ranks


def test_a_summary_counts_lost_runs_as_the_worst():
    two = summarise([10.0, 20.0], 1, DISTANCE)
    assert (two.n, two.median, two.low, two.high) == (2, 20.0, 10.0, math.inf)
    assert two.mean == pytest.approx(math.sqrt(200))
    assert summarise([10.0], 2, DISTANCE).median == math.inf
    assert summarise([0.7], 2, SHARE).median == -math.inf
    assert summarise([], 0, DISTANCE) is None


def test_a_mean_is_geometric_with_its_interval():
    summary = summarise([1.0, 2.0, 4.0], 0, DISTANCE)
    low, high = t_interval([math.log(x) for x in (1, 2, 4)])
    assert summary.mean == pytest.approx(2)
    assert (summary.mean_low, summary.mean_high) == pytest.approx((math.exp(low), math.exp(high)))
    linear = summarise([8.0, 9.0, 10.0], 0, Scale("higher", "amount"))
    assert (linear.mean, linear.mean_low) == pytest.approx((9, t_interval([8.0, 9.0, 10.0])[0]))


def test_intervals_stay_within_the_bounds_of_the_metric():
    values = [0.8, 0.95, 0.99]
    assert t_interval(values)[1] > 1
    share = summarise(values, 0, SHARE)
    assert (share.mean_low, share.mean_high) == (pytest.approx(t_interval(values)[0]), 1)
    assert summarise([0.01, 0.02, 0.2], 0, Scale("lower", "share")).mean_low == 0
    assert summarise([1.0, 2.0, 9.0], 0, Scale("higher", "amount")).mean_low == 0
    negative = summarise([-0.001, 0.002, 0.001], 0, Scale("lower", "plain"))
    assert negative.mean == pytest.approx(0.002 / 3)
    assert negative.mean_low < 0


def test_the_interval_of_a_mean_of_wide_distances_is_finite():
    assert summarise([1e-9, 1e9], 0, DISTANCE).mean_high < math.inf


def table(rows, scale=DISTANCE):
    """A ranked table by FID; each row is a list of records."""
    ranked = []
    for group in rows:
        cells = [BoardCell(StoredRecord(r, b"", "")) for r in group]
        ranked.append(
            BoardRow([seed_result(cell, compared_point(cell.record, None, None), FID) for cell in cells], scale)
        )
    score = Score.parse(FID, None)
    board_table = BoardTable("digits", "", score.name, score.protocol, scale, ranked)
    rank_table(board_table)
    return board_table


def ranks(board_table):
    return {row.record.spec.partition("@")[0]: row.rank for row in board_table.rows}


def test_ranks_are_one_and_the_significantly_better():
    groups = {
        "dcgan+bce": (10, 10.5, 9.8),
        "dcgan+hinge": (10.2, 10.6, 9.7),
        "dcgan+lsgan": (30, 31, 29),
        "mlp+bce": (31, 30, 32),
    }
    board_table = table([seeds(spec, *fids) for spec, fids in groups.items()])
    assert ranks(board_table) == {"dcgan+bce": 1, "dcgan+hinge": 1, "dcgan+lsgan": 3, "mlp+bce": 3}
    assert board_table.rows[0].record.spec == "dcgan+bce@digits"
    assert sum(row.chance for row in board_table.rows) == pytest.approx(1)


def test_identical_combinations_tie():
    board_table = table([seeds("dcgan+bce", 10, 11, 12), seeds("dcgan+hinge", 10, 11, 12)])
    assert set(ranks(board_table).values()) == {1}
    assert [row.chance for row in board_table.rows] == pytest.approx([0.5, 0.5], abs=0.02)
    assert set(ranks(table([seeds("dcgan+bce", 10, 10), seeds("dcgan+hinge", 10, 10)])).values()) == {1}


def test_one_seed_each_all_tie():
    board_table = table([seeds("dcgan+bce", 1), seeds("dcgan+hinge", 900)])
    assert set(ranks(board_table).values()) == {1}
    assert [row.chance for row in board_table.rows] == [None, None]


def lost(spec, n, first=0, **more):
    return [failed(spec, seed, **more) for seed in range(first, first + n)]


def test_a_combination_without_a_sound_seed_has_no_rank_and_comes_last():
    sound, collapsed = seeds("dcgan+bce", 100, 101, 102), seeds("dcgan+hinge", 5, 5.1, 5.2, modes=4)
    board_table = table([collapsed, lost("dcgan+wgan", 3), sound])
    assert ranks(board_table) == {"dcgan+bce": 1, "dcgan+hinge": None, "dcgan+wgan": None}
    assert board_table.rows[0].record.spec == "dcgan+bce@digits"
    assert [row.count("collapsed") for row in board_table.rows] == [0, 3, 0]
    assert [row.chance for row in board_table.rows] == [1, 0, 0]


def test_nothing_is_the_best_where_every_seed_is_lost():
    board_table = table([seeds("dcgan+bce", 5, 5.1, 5.2, modes=4), lost("dcgan+wgan", 3)])
    assert [row.chance for row in board_table.rows] == [None, None]
    assert not any("One seed each" in note for note in board_table.notes)


def test_one_lost_seed_of_three_does_not_lose_against_none_by_itself():
    one_lost = [*seeds("dcgan+lsgan", 10, 10.3), *lost("dcgan+lsgan", 1, 2)]
    board_table = table([one_lost, seeds("dcgan+bce", 10.1, 10.2, 10.4)])
    assert ranks(board_table) == {"dcgan+bce": 1, "dcgan+lsgan": 1}


def test_nine_good_seeds_and_a_lost_one_do_not_rank_below_one_bad_seed():
    good = [*seeds("dcgan+bce", *np.linspace(9.5, 10.5, 9)), *lost("dcgan+bce", 1, 9)]
    assert ranks(table([good, seeds("dcgan+wgan", 900)])) == {"dcgan+bce": 1, "dcgan+wgan": 2}
    assert ranks(table([good, seeds("dcgan+wgan", *np.linspace(800, 900, 10))])) == {"dcgan+bce": 1, "dcgan+wgan": 2}


def test_a_lost_seed_is_never_better_than_a_score():
    """Whoever reports a bad seed as lost does not rank higher."""
    good, bad = seeds("dcgan+bce", 10, 10.2, 10.4), seeds("dcgan+wgan", 100, 104, 102)
    assert ranks(table([good, bad]))["dcgan+wgan"] == 2
    assert ranks(table([good, [*bad[:2], *lost("dcgan+wgan", 1, 2)]]))["dcgan+wgan"] == 2


def test_many_lost_seeds_lose():
    rare = [*seeds("dcgan+wgan", 10.0, 10.1), *lost("dcgan+wgan", 8, 2)]
    assert ranks(table([rare, seeds("dcgan+bce", *np.linspace(9.5, 10.5, 10))])) == {"dcgan+bce": 1, "dcgan+wgan": 2}


def test_failures_of_the_machine_are_not_failures_of_the_method():
    full = [*seeds("dcgan+bce", 10, 10.2, 10.4), *lost("dcgan+bce", 3, 3, status="failed")]
    board_table = table([full, seeds("dcgan+wgan", 30, 31, 32), lost("dcgan+lsgan", 3, status="failed")])
    assert ranks(board_table) == {"dcgan+bce": 1, "dcgan+wgan": 2, "dcgan+lsgan": None}
    best = board_table.rows[0]
    assert (best.n, best.lost, best.count("failed"), best.summary.median) == (3, 0, 3, 10.2)
    assert board_table.rows[0].chance == 1
    assert board_table.rows[2].chance is None


def test_scores_that_may_be_negative_rank_by_differences():
    """KID is unbiased: about half of its values for a perfect generator are negative."""
    kid = {
        "dcgan+bce": (-0.0002, 0.0001, 0.0003),
        "dcgan+hinge": (0.0001, -0.0001, 0.0),
        "mlp+bce": (0.05, 0.051, 0.049),
    }
    board_table = table([seeds(spec, *values) for spec, values in kid.items()], Scale("lower", "plain"))
    assert ranks(board_table) == {"dcgan+bce": 1, "dcgan+hinge": 1, "mlp+bce": 3}
    assert 0 < board_table.least < 0.01


def test_half_of_the_modes_is_no_collapse():
    board_table = table([seeds("dcgan+bce", 10, 11, modes=5)])
    assert board_table.rows[0].count("collapsed") == 0


def test_what_wins_by_fid_and_loses_coverage_is_flagged():
    narrow = [record("dcgan+bce", s, 5 + s / 10, modes=m) for s, m in enumerate((7, 7, 8))]
    wide = [record("dcgan+hinge", s, 9 + s / 10, modes=10) for s in range(3)]
    board_table = table([narrow, wide])
    assert [row.flags for row in board_table.rows] == [
        ["first by fid, but another covers significantly more by modes@5"],
        [],
    ]
    assert table([wide, seeds("dcgan+lsgan", 20, 21, 22)]).rows[0].flags == []
