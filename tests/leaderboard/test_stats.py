"""Statistics over seeds, against closed forms and against scipy."""

import math
import statistics

import numpy as np
import pytest
from helpers.fake_records import FID, record, seeds
from scipy import stats as scipy_stats

from ganzoo.interfaces.scores import Score
from ganzoo.leaderboard.match import compared_point, seed_result
from ganzoo.leaderboard.merge import BoardCell
from ganzoo.leaderboard.ranking import rank_table
from ganzoo.leaderboard.record_files import StoredRecord
from ganzoo.leaderboard.rows import BoardRow
from ganzoo.leaderboard.stats import Tukey, chance_of_best, prediction_interval, summarise, t_interval
from ganzoo.leaderboard.tables import BoardTable


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


# ---------------------------------------------------------------- Tukey


def p_value(test, i, j):
    """The probability of a difference as large as between i and j in any pair, if all means are equal."""
    q = abs(test.means[i] - test.means[j]) / test.errors(i)[j]
    return scipy_stats.studentized_range.sf(q, len(test.sizes), test.df)


@pytest.mark.parametrize("sizes", [(3, 3, 3, 3), (5, 5), (3, 5, 2, 9, 4)])
def test_tukey_is_scipys(sizes):
    groups = normal(sizes, [0.0, 1.0, 2.5, 0.2, 4.0][: len(sizes)])
    ours, theirs = Tukey(groups), scipy_stats.tukey_hsd(*groups)
    assert ours.variance * ours.df == pytest.approx(sum(np.var(g) * len(g) for g in groups))
    for i in range(len(groups)):
        for j in range(len(groups)):
            if i != j:
                assert p_value(ours, i, j) == pytest.approx(theirs.pvalue[i, j], abs=1e-6)
                assert ours.below(i)[j] == (theirs.pvalue[i, j] < 0.05 and theirs.statistic[i, j] > 0)


def test_tukey_of_two_groups_is_students_test():
    a, b = normal((6, 6), (0, 1))
    assert p_value(Tukey([a, b]), 0, 1) == pytest.approx(scipy_stats.ttest_ind(a, b).pvalue, rel=1e-5)


def test_the_critical_value_is_the_tables():
    assert Tukey(normal((3,) * 4, (0,) * 4)).critical == pytest.approx(4.53, abs=0.005)  # q(0.05; 4, 8), as printed
    assert Tukey(normal((11, 11, 11), (0,) * 3)).critical == pytest.approx(3.49, abs=0.005)  # q(0.05; 3, 30)


def test_the_critical_value_of_thousands_of_groups():
    test = Tukey([[0.0, float(i)] for i in range(1, 1_800)])
    assert scipy_stats.studentized_range.sf(test.critical, 1_799, 1_799) == pytest.approx(0.05, abs=1e-6)


def test_the_least_significant_difference_is_just_significant():
    groups = normal((4, 4, 4), (0, 0, 0))
    least = Tukey(groups).least
    base = [x - statistics.fmean(groups[0]) for x in groups[0]]
    for factor, told_apart in ((0.999, False), (1.001, True)):
        moved = [base, [x - statistics.fmean(groups[1]) + factor * least for x in groups[1]], groups[2]]
        assert Tukey(moved).below(1)[0] == told_apart


def test_one_seed_each_cannot_be_tested():
    test = Tukey([[1.0], [2.0], [300.0]])
    assert math.isnan(test.variance)
    assert not any(test.below(i).any() for i in range(3))
    assert math.isnan(test.least)


def test_one_seed_beside_several_can():
    test = Tukey([[1.0, 1.1, 0.9], [2.0, 2.1, 1.9], [9.0]])
    assert list(test.below(2)) == [True, True, False]


def test_no_spread_at_all():
    test = Tukey([[1.0, 1.0], [1.0, 1.0], [2.0, 2.0]])
    assert list(test.below(0)) == [False, False, False]
    assert list(test.below(2)) == [True, True, False]


def test_equal_means_are_seldom_told_apart():
    trials = [Tukey(normal((3,) * 5, (0,) * 5, seed)) for seed in range(400)]
    assert np.mean([any(test.below(i).any() for i in range(5)) for test in trials]) == pytest.approx(0.05, abs=0.03)


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


def test_a_failed_seed_loses_the_draws_that_it_is_in():
    good, failed = chance_of_best([[5.0, 5.0, 5.0], [1.0, 1.0, math.inf]])
    assert failed == pytest.approx((2 / 3) ** 3, abs=0.02)
    assert good == pytest.approx(1 - failed)
    assert chance_of_best([[math.inf], [math.inf, math.inf]]) == [0.5, 0.5]


# ---------------------------------------------------------------- summaries and ranks


def test_a_summary_counts_failed_runs_as_the_worst():
    two = summarise([10.0, 20.0], 1, "lower")
    assert (two.n, two.median, two.low, two.high) == (2, 20.0, 10.0, math.inf)
    assert two.mean == pytest.approx(math.sqrt(200))
    assert summarise([10.0], 2, "lower").median == math.inf
    assert summarise([0.7], 2, "higher").median == -math.inf
    assert summarise([], 0, "lower") is None


def test_a_mean_is_geometric_with_its_interval():
    summary = summarise([1.0, 2.0, 4.0], 0, "lower")
    low, high = t_interval([math.log(x) for x in (1, 2, 4)])
    assert summary.mean == pytest.approx(2)
    assert (summary.mean_low, summary.mean_high) == pytest.approx((math.exp(low), math.exp(high)))
    linear = summarise([8.0, 9.0, 10.0], 0, "higher")
    assert (linear.mean, linear.mean_low) == pytest.approx((9, t_interval([8.0, 9.0, 10.0])[0]))


def table(rows, better="lower"):
    """A ranked table by FID; each row is a list of records."""
    ranked = []
    for group in rows:
        cells = [BoardCell(StoredRecord(r, b"", "")) for r in group]
        ranked.append(
            BoardRow([seed_result(cell, compared_point(cell.record, None, None), FID) for cell in cells], better)
        )
    score = Score.parse(FID, None)
    board_table = BoardTable("digits", "", score.name, score.protocol, better, ranked)
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
    test = scipy_stats.tukey_hsd(*[np.log(fids) for fids in groups.values()])
    assert test.pvalue[1, 2] < 0.05 < test.pvalue[0, 1]


def test_identical_combinations_tie():
    board_table = table([seeds("dcgan+bce", 10, 11, 12), seeds("dcgan+hinge", 10, 11, 12)])
    assert set(ranks(board_table).values()) == {1}
    assert [row.chance for row in board_table.rows] == pytest.approx([0.5, 0.5], abs=0.02)
    assert set(ranks(table([seeds("dcgan+bce", 10, 10), seeds("dcgan+hinge", 10, 10)])).values()) == {1}


def test_one_seed_each_all_tie():
    board_table = table([seeds("dcgan+bce", 1), seeds("dcgan+hinge", 900)])
    assert set(ranks(board_table).values()) == {1}
    assert [row.chance for row in board_table.rows] == [None, None]


def test_collapsed_runs_rank_last_and_are_counted():
    sound, collapsed = seeds("dcgan+bce", 100, 101, 102), seeds("dcgan+hinge", 5, 5.1, 5.2, modes=4)
    partly = [*seeds("dcgan+lsgan", 1, 1.1), record("dcgan+lsgan", 2, 1.2, modes=4)]
    board_table = table([collapsed, partly, sound])
    assert ranks(board_table) == {"dcgan+bce": 1, "dcgan+lsgan": 2, "dcgan+hinge": 3}
    assert [row.count("collapsed") for row in board_table.rows] == [0, 1, 3]
    assert [row.chance for row in board_table.rows] == pytest.approx([1 - (2 / 3) ** 3, (2 / 3) ** 3, 0], abs=0.02)


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
