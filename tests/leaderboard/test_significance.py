"""Which groups differ: against scipy, closed forms, and a small simulation of known truth."""

import math
import statistics

import numpy as np
import pytest
from scipy import stats as scipy_stats

from ganzoo.leaderboard.significance import (
    ALPHA,
    LOST_ALPHA,
    ODD_ALPHA,
    SPREADS_ALPHA,
    SPREADS_POWER,
    UNEQUAL_ALPHA,
    WIDE_ALPHA,
    Differences,
    bartlett,
    studentized_range,
)


def normal(sizes, shifts, seed=0, spreads=None):
    generator = np.random.default_rng(seed)
    spreads = spreads or [1.0] * len(sizes)
    return [list(generator.normal(m, s, n)) for n, m, s in zip(sizes, shifts, spreads, strict=True)]


QUIET = [-1.0, -0.4, 0.1, 0.3, 1.0]


def below(groups, lost=None, **more):
    test = Differences(groups, lost, **more)
    return np.array([test.below(i) for i in range(len(groups))])


def tukey(groups):
    """Whether group j is significantly below group i, by scipy."""
    theirs = scipy_stats.tukey_hsd(*groups)
    return (theirs.pvalue < ALPHA) & (theirs.statistic > 0)


def welch(groups, alpha):
    """The same by the t test with own spreads and the degrees of freedom of the smaller group."""
    t = lambda a, b: (np.mean(a) - np.mean(b)) / math.sqrt(np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b))  # noqa: E731
    return np.array([[t(a, b) > scipy_stats.t.isf(alpha / 2, min(len(a), len(b)) - 1) for b in groups] for a in groups])


def games_howell(groups):
    """The same by Games and Howell's test with the degrees of freedom of groups of one size."""
    df = len(groups[0]) - 1
    return welch(groups, 2 * scipy_stats.t.sf(studentized_range(1 - ALPHA, len(groups), df) / math.sqrt(2), df))


def wide(groups, i):
    """The p value of the F test of group i against all others, by scipy."""
    rest = [group for j, group in enumerate(groups) if j != i]
    df = sum(len(group) - 1 for group in rest)
    pooled = sum(np.var(group) * len(group) for group in rest) / df
    return scipy_stats.f.sf(np.var(groups[i], ddof=1) / pooled, len(groups[i]) - 1, df)


def level(groups, i):
    """The p value below which group i is wide."""
    n = len(groups[i])
    return WIDE_ALPHA[min(n, 5) - 1] * max(1, np.mean([len(group) for group in groups]) / n) ** 2


def without_widest(groups):
    """The p value of Bartlett's test of all groups but the one with the least p value of the F test, by scipy."""
    widest = min(range(len(groups)), key=lambda i: wide(groups, i))
    rest = [group for j, group in enumerate(groups) if j != widest]
    return scipy_stats.bartlett(*rest).pvalue if len(rest) > 1 else 1


@pytest.mark.parametrize("sizes", [(3, 3, 3, 3), (4, 4), (3, 9, 4, 3, 4), (5, 9, 6, 10, 5)])
def test_groups_of_alike_spreads_differ_if_tukeys_test_says_so(sizes):
    tried = 0
    for seed in range(120):
        groups = normal(sizes, [0.0, 2.0, 4.5, 0.2, 7.0][: len(sizes)], seed)
        narrow = all(wide(groups, i) > level(groups, i) for i in range(len(groups)))
        if narrow and without_widest(groups) > SPREADS_ALPHA:
            assert np.array_equal(below(groups), tukey(groups))
            tried += 1
    assert tried > 10


def moved_by(groups, i, distance):
    """Whether group i, moved by a little less and a little more than a distance, is told apart from the first."""
    moved = [[*groups[:i], [x + times * distance for x in groups[i]], *groups[i + 1 :]] for times in (0.999, 1.001)]
    return [bool(Differences(each).below(i)[0]) for each in moved]


@pytest.mark.parametrize("n", [3, 4, 5])
@pytest.mark.parametrize("times_wider", [1.5, 2.0, 2.5, 3.0])
def test_the_critical_distance_of_a_wide_group_grows(n, times_wider):
    """Tukey's times max(1, WIDE_ALPHA / p) ** (1 / (n - 1)), or Games and Howell's if that is less."""
    values = {3: [-1.0, 0.0, 1.0], 4: [-1.0, -0.3, 0.3, 1.0], 5: QUIET}[n]
    groups = [[x + shift for x in values] for shift in (0, 0.1, 0.2, 0.1)] + [[times_wider * x for x in values]]
    variances = [np.var(group, ddof=1) for group in groups]
    factor = max(1, WIDE_ALPHA[n - 1] / wide(groups, 4)) ** (1 / (n - 1))
    pooled = Differences(groups).critical * math.sqrt(Differences(groups).variance / n)
    own = studentized_range(1 - ALPHA, 5, n - 1) * math.sqrt((variances[0] + variances[4]) / n / 2)
    assert (Differences(groups).odd, Differences(groups).spreads) == (None, "equal")
    assert moved_by(groups, 4, max(pooled, min(pooled * factor, own))) == [False, True]
    groups[1] = groups[0]
    assert moved_by(groups, 1, pooled) == [False, True]


def test_a_small_group_beside_larger_ones_is_wide_at_a_higher_level():
    large = [-1.0, -0.6, -0.2, 0.2, 0.6, 1.0]
    groups = [large, large, large, [-0.9, 0.0, 0.9]]
    assert level(groups, 3) == pytest.approx(WIDE_ALPHA[2] * (5.25 / 3) ** 2)
    assert WIDE_ALPHA[2] < wide(groups, 3) < level(groups, 3)
    test = Differences(groups)
    tukeys = test.critical * math.sqrt(test.variance / 2 * (1 / 3 + 1 / 6))
    assert moved_by(groups, 3, tukeys * (level(groups, 3) / wide(groups, 3)) ** (1 / 2)) == [False, True]


@pytest.mark.parametrize("spread", [2.1, 2.4, 3.0])
def test_critical_distances_grow_where_other_spreads_differ(spread):
    """Tukey's times max(1, SPREADS_ALPHA / q) ** SPREADS_POWER, or Games and Howell's if that is less."""
    narrow, wider = list(np.linspace(-1, 1, 9)), list(np.linspace(-spread, spread, 9))
    groups = [narrow, narrow, narrow, wider, wider]
    q = without_widest(groups)
    assert q < SPREADS_ALPHA
    test = Differences(groups)
    assert test.spreads == ("unequal" if q < UNEQUAL_ALPHA else "equal")
    tukeys = test.critical * math.sqrt(test.variance / 9)
    own = studentized_range(1 - ALPHA, 5, 8) * math.sqrt(np.var(narrow, ddof=1) / 9)
    assert all(wide(groups, i) > WIDE_ALPHA[-1] for i in range(3))
    distance = max(tukeys, min(tukeys * (SPREADS_ALPHA / q) ** SPREADS_POWER, own))
    assert moved_by(groups, 1, distance) == [False, True]


def test_groups_of_far_other_spreads_differ_if_games_and_howells_test_says_so_too():
    groups = normal((9,) * 6, (0, 0, 4, 4, 12, 30), 1, [0.05, 0.06, 0.1, 6, 6, 7])
    assert Differences(groups).spreads == "unequal"
    assert np.array_equal(below(groups), tukey(groups) & games_howell(groups))
    assert games_howell(groups).any()


def test_bartletts_test_is_scipys():
    groups = normal((3, 5, 9, 4), (0,) * 4, spreads=[1, 2, 3, 1])
    squares = np.array([np.var(group) * len(group) for group in groups])
    p = bartlett(squares, np.array([len(group) - 1.0 for group in groups]))
    assert p == pytest.approx(scipy_stats.bartlett(*groups).pvalue)


def test_a_group_far_wider_than_the_others_is_left_out_if_they_have_one_spread():
    seen = set()
    for seed in range(60):
        groups = normal((4, 5, 4, 6, 5), (0,) * 5, seed, [1, 1, 1, 1 + seed % 4, 9])
        p, q = [wide(groups, i) for i in range(5)], without_widest(groups)
        odd = min(p) < ODD_ALPHA / 10 and q >= UNEQUAL_ALPHA
        expected = (p.index(min(p)) if odd else None, "equal" if q >= UNEQUAL_ALPHA else "unequal")
        assert (Differences(groups).odd, Differences(groups).spreads) == expected
        seen.add((odd, q >= UNEQUAL_ALPHA))
    assert seen == {(True, True), (False, True), (False, False)}


def test_a_noisy_group_does_not_hide_what_the_others_differ_by():
    quiet, noisy = [[m + x for x in QUIET] for m in (0, 0.5, 5, 5.5)], [[-15.0, 20.0, 3.0, -8.0, 12.0]]
    assert not tukey([*quiet, *noisy]).any()
    test = Differences([*quiet, *noisy])
    assert (test.odd, test.spreads) == (4, "equal")
    assert list(test.below(2)) == [True, True, False, False, False]


def test_a_group_whose_spread_stands_out_is_compared_by_its_own():
    quiet = [QUIET] * 4
    assert not Differences([*quiet, [20.0, 60.0, 3.0, -8.0, 12.0]]).below(4).any()
    assert Differences([*quiet, [200.0, 210.0, 203.0, 190.0, 197.0]]).below(4)[:4].all()


def test_the_critical_value_is_the_tables():
    assert Differences([[0.0, 1.0, 2.0]] * 4).critical == pytest.approx(4.53, abs=0.005)  # q(0.05; 4, 8), as printed
    assert Differences([[*range(11)]] * 3).critical == pytest.approx(3.49, abs=0.005)  # q(0.05; 3, 30)


def test_the_critical_value_of_thousands_of_groups():
    test = Differences([[0.0, float(i)] for i in range(1, 1_800)])
    assert scipy_stats.studentized_range.sf(test.critical, 1_799, test.pooled_df) == pytest.approx(0.05, abs=1e-6)


def test_closer_than_the_least_difference_is_always_a_tie():
    groups = normal((8, 8, 8), (0, 0, 0))
    least = Differences(groups).least
    base = [x - statistics.fmean(groups[0]) for x in groups[0]]
    for factor, told_apart in ((0.999, False), (1.001, True)):
        moved = [base, [x - statistics.fmean(groups[1]) + factor * least for x in groups[1]], groups[2]]
        assert Differences(moved).below(1)[0] == told_apart


def test_one_seed_each_cannot_be_tested():
    test = Differences([[1.0], [2.0], [300.0]])
    assert not any(test.below(i).any() for i in range(3))
    assert math.isnan(test.variance)
    assert math.isnan(test.least)
    assert test.spreads == "none"
    assert not Differences([[5.0]]).below(0).any()


def test_one_seed_beside_several_takes_their_spread():
    assert list(Differences([[1.0, 1.1, 0.9], [2.0, 2.1, 1.9], [9.0]]).below(2)) == [True, True, False]


def test_no_spread_at_all():
    test = Differences([[1.0, 1.0], [1.0, 1.0], [2.0, 2.0]])
    assert list(test.below(0)) == [False, False, False]
    assert list(test.below(2)) == [True, True, False]


def test_a_difference_in_the_last_place_is_none():
    after = math.nextafter(0.1, 1)
    assert not below([[0.1] * 3, [after] * 3], resolution=1e-10).any()
    assert not below([[0.1] * 3, [0.1] * 7, [0.1] * 10], resolution=1e-10).any()
    assert below([[0.1] * 3, [0.2] * 3], resolution=1e-10)[1, 0]


def test_a_lost_value_counts_as_the_worst_of_the_two_groups():
    """Means and spreads are those of groups that have the value."""
    a, b = normal((9, 8), (0, 9), 5)
    lost, given = Differences([a, b], [0, 2]), Differences([a, [*b, max(a + b), max(a + b)]])
    means, variances = lost._with_lost(np.array([0, 1]), np.full(2, max(a + b)))
    assert means == pytest.approx(given.means)
    assert variances == pytest.approx([np.var(group, ddof=1) for group in (a, [*b, max(a + b), max(a + b)])])
    assert lost.below(1)[0]
    assert not Differences([a, b], [2, 0]).below(0).any()


def test_pairs_that_lost_a_value_need_tukeys_test_at_one_percent_with_their_own_spreads():
    shifts = np.arange(0, 6, 0.1)
    found, by_hand = [], []
    for shift in shifts:
        b = [x + shift for x in QUIET[:4]]
        test = Differences([QUIET, b, QUIET, QUIET], [0, 1, 0, 0])
        assert test.spreads == "equal"
        given = [*b, max(QUIET + b)]
        variances = [np.var(QUIET, ddof=1), max(np.var(given, ddof=1), test.variance)]
        assert wide([QUIET, given, QUIET, QUIET], 1) > WIDE_ALPHA[3]
        q = studentized_range(1 - LOST_ALPHA, 4, test.pooled_df)
        gap = np.mean(given) - np.mean(QUIET)
        found.append(test.below(1)[0])
        by_hand.append(gap > q * math.sqrt(sum(variances) / 5 / 2))
    assert found == by_hand
    assert 10 < sum(found) < 50


# ---------------------------------------------------------------- known truth; benchmarks/board_statistics.py has more


def false_alarms(k, n, spreads, lost=0.0, tables=250):
    generator, wrong = np.random.default_rng(0), 0
    for _ in range(tables):
        kept = [generator.normal(0, s, n)[generator.random(n) >= lost] for s in spreads]
        kept = [values for values in kept if len(values)]
        wrong += bool(below(kept, [n - len(values) for values in kept]).any())
    return wrong / tables


@pytest.mark.parametrize("n", [3, 5])
@pytest.mark.parametrize(
    ("spreads", "lost"),
    [([1.0] * 6, 0.0), ([1.0] * 5 + [5.0], 0.0), ([1.0, 3.0] * 3, 0.0), ([1.0] * 6, 0.2)],
    ids=["equal", "one noisy", "two spreads", "lost seeds"],
)
def test_false_differences_are_rare(n, spreads, lost):
    assert false_alarms(len(spreads), n, spreads, lost) < 0.07 + 0.04  # 250 tables: a standard error of 1.6 %


@pytest.mark.parametrize("n", [5, 10])
def test_five_seeds_and_ten_find_nearly_what_tukeys_test_finds(n):
    shift, ours, theirs = 5.9 / math.sqrt(n), 0, 0
    for seed in range(30):
        groups = normal((n,) * 4, (0, 0, shift, shift), seed)
        ours, theirs = ours + below(groups)[2:, :2].sum(), theirs + tukey(groups)[2:, :2].sum()
    assert theirs > 0.5 * 4 * 30
    assert ours / theirs > 0.95


def test_three_seeds_find_most_of_what_tukeys_test_finds():
    shift, ours, theirs = 1.3 * studentized_range(1 - ALPHA, 10, 20) / math.sqrt(3), 0, 0
    for seed in range(40):
        groups = normal((3,) * 10, (0,) * 5 + (shift,) * 5, seed)
        ours, theirs = ours + below(groups)[5:, :5].sum(), theirs + tukey(groups)[5:, :5].sum()
    assert theirs > 0.7 * 25 * 40
    assert ours / theirs > 0.72
