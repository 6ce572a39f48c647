"""What a reach table answers, against pencil and a naive twin; ties, zero minutes and thresholds are where such tables go wrong."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.reach import build_reach, build_reach_from_matrix, nearest, od_table
from geoplan.access.reach_changes import CHANGES, add_facilities, close_facilities, compare, cut_reach
from geoplan.contracts.reach import REACH_STATUS_LABELS, ReachStatus
from geoplan.errors import TableError

INF = np.inf


def table(matrix, *, cutoff_min=60.0, demands="abcdefgh", supplies="xyzw", **options):
    matrix = np.array(matrix, dtype=float)
    demand_ids, supply_ids = list(demands)[: len(matrix)], list(supplies)[: matrix.shape[1]]
    return build_reach_from_matrix(matrix, demand_ids=demand_ids, supply_ids=supply_ids, cutoff_min=cutoff_min, **options)


@st.composite
def matrices(draw, supplies=4):
    """Small tables of few distinct minutes, so that ties, zeros, 60.0 itself and what lies beyond it come up often."""
    high, wide = draw(st.integers(1, 6)), draw(st.integers(1, supplies))
    cell = st.sampled_from([0.0, 5.0, 5.0, 30.0, 60.0, 60.00001, INF])
    return np.array(draw(st.lists(st.lists(cell, min_size=wide, max_size=wide), min_size=high, max_size=high)))


def nearest_twin(matrix, demand_ids, supply_ids, k, cutoff_min):
    """Sort every demand's facilities by minutes and id and write the first k down."""
    rows = []
    for demand_id, line in zip(demand_ids, matrix, strict=True):
        found = sorted((t, one) for t, one in zip(line, supply_ids, strict=True) if t <= cutoff_min)
        for rank in range(1, k + 1):
            if rank <= len(found):
                rows.append((demand_id, rank, found[rank - 1][1], found[rank - 1][0], "ok"))
            else:
                rows.append((demand_id, rank, "", None, "beyond_cutoff" if rank <= len(supply_ids) else "no_data"))
    return rows


def as_rows(frame):
    return [tuple(None if value != value else value for value in row) for row in frame.itertuples(index=False)]


def test_the_table_by_hand():
    """a–x 0, a–y 30, b–y 45: zero minutes are an entry; b–x is beyond the cut-off."""
    reach = table([[0, 30], [INF, 45]])
    assert (reach.demand.tolist(), reach.supply.tolist(), reach.minutes.tolist()) == ([0, 0, 1], [0, 1, 1], [0.0, 30.0, 45.0])
    assert as_rows(nearest(reach)) == [("a", 1, "x", 0.0, "ok"), ("b", 1, "y", 45.0, "ok")]
    assert as_rows(od_table(reach, absent=True)) == [
        ("a", "x", 0.0, "ok"),
        ("a", "y", 30.0, "ok"),
        ("b", "x", None, "beyond_cutoff"),
        ("b", "y", 45.0, "ok"),
    ]
    assert len(od_table(reach)) == 3
    assert reach.starts.tolist() == [0, 2, 3]


def test_exactly_at_the_cutoff_is_within_it():
    reach = table([[60.0, np.nextafter(60.0, 61)]])
    assert reach.supply.tolist() == [0]


@given(matrices(), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_nearest_is_what_sorting_by_minutes_and_id_gives(matrix, k):
    reach = table(matrix, supplies="zxwy")
    ids = list("abcdefgh")[: len(matrix)], list("zxwy")[: matrix.shape[1]]
    assert as_rows(nearest(reach, k)) == nearest_twin(matrix, *ids, k, 60.0)


@given(matrices(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_no_answer_depends_on_the_order_of_rows(matrix, random):
    """Pairs, demands and supplies shuffled: the same nearest facilities by id."""
    demand_ids, supply_ids = list("abcdefgh")[: len(matrix)], list("xyzw")[: matrix.shape[1]]
    rows, columns = list(range(len(demand_ids))), list(range(len(supply_ids)))
    random.shuffle(rows)
    random.shuffle(columns)
    i, j = np.nonzero(np.isfinite(matrix[np.ix_(rows, columns)]))
    order = list(range(len(i)))
    random.shuffle(order)
    shuffled = build_reach(
        i[order],
        j[order],
        matrix[np.ix_(rows, columns)][i[order], j[order]],
        demand_ids=[demand_ids[one] for one in rows],
        supply_ids=[supply_ids[one] for one in columns],
        cutoff_min=60.0,
    )
    plain = table(matrix)
    assert sorted(as_rows(nearest(shuffled, 2))) == sorted(as_rows(nearest(plain, 2)))
    assert sorted(map(str, as_rows(od_table(shuffled, absent=True)))) == sorted(map(str, as_rows(od_table(plain, absent=True))))


@given(matrices(), st.sets(st.sampled_from("xyzw")))
@settings(max_examples=40, deadline=None)
def test_closing_is_never_having_had_and_adding_back_restores(matrix, closed):
    supplies = "xyzw"[: matrix.shape[1]]
    closed = closed & set(supplies)
    stays = [at for at, one in enumerate(supplies) if one not in closed]
    gone = [at for at, one in enumerate(supplies) if one in closed]
    whole, less = table(matrix), close_facilities(table(matrix), closed)
    assert as_rows(od_table(less, absent=True)) == as_rows(
        od_table(table(matrix[:, stays], supplies=[supplies[at] for at in stays]), absent=True)
    )
    back = add_facilities(less, table(matrix[:, gone], supplies=[supplies[at] for at in gone]))
    assert as_rows(nearest(back, 3)) == as_rows(nearest(whole, 3))
    assert set(compare(whole, back)["change"]) <= {"same", "none"}
    assert set(compare(whole, less)["change"]) <= {"same", "none", "slower", "lost", "changed_facility"}


def test_adding_lines_demands_up_by_id():
    one = table([[10], [20]], supplies="x")
    other = table([[1], [30]], supplies="y", demands="ba")
    assert as_rows(nearest(add_facilities(one, other))) == [("a", 1, "x", 10.0, "ok"), ("b", 1, "y", 1.0, "ok")]


def test_every_change_has_its_name():
    before = table([[10, 20], [10, 10], [10, 50], [INF, 30], [10, INF], [INF, INF], [7, 9]], demands="abcdefg")
    after = table([[25, 20], [INF, 10], [10, 5], [30, 31], [INF, INF], [INF, INF], [7, 9]], demands="abcdefg")
    done = compare(before, after)
    assert dict(zip(done["demand_id"], done["change"], strict=True)) == {
        "a": "slower",
        "b": "changed_facility",
        "c": "faster",
        "d": "changed_facility",
        "e": "lost",
        "f": "none",
        "g": "same",
    }
    assert done["difference_min"].tolist()[:3] == [10.0, 0.0, -5.0]
    assert done["facility_changed"].tolist() == [True, True, True, True, False, False, False]
    assert np.isnan(done["difference_min"].to_numpy()[4:6]).all()
    assert compare(after, before)["change"].tolist()[4] == "gained"
    assert set(done["change"]) <= set(CHANGES)


def test_comparing_lines_demands_up_by_id():
    """The rows go round by one: a, b, c against c, a, b. Nothing has changed."""
    before = table([[1], [2], [3]], demands="abc")
    done = compare(before, table([[3], [1], [2]], demands="cab"))
    assert done["change"].tolist() == ["same"] * 3
    assert done["travel_time_min_after"].tolist() == [1.0, 2.0, 3.0]


def test_a_place_never_searched_is_unknown_not_lost():
    before, after = table([[10.0]]), table([[INF]], demand_status=["unsnapped"])
    row = compare(before, after).iloc[0]
    assert (row["change"], row["status_after"]) == ("unknown", "unsnapped")
    assert as_rows(nearest(after)) == [("a", 1, "", None, "unsnapped")]


def test_without_a_cutoff_what_is_absent_is_unreachable_and_without_facilities_no_data():
    reach = table([[10.0], [INF]], cutoff_min=INF)
    assert nearest(reach)["status"].tolist() == ["ok", "unreachable"]
    assert nearest(close_facilities(reach, ["x"]))["status"].tolist() == ["no_data"] * 2
    assert compare(reach, close_facilities(reach, ["x"]))["change"].tolist() == ["lost", "none"]


def test_a_facility_that_was_never_searched_says_so_in_its_pairs():
    reach = table([[INF, 5]], supply_status=["unsnapped", "ok"])
    assert od_table(reach, absent=True)["status"].tolist() == ["unsnapped", "ok"]


def test_a_pair_given_twice_keeps_the_quicker():
    reach = build_reach([0, 0], [0, 0], [9.0, 4.0], demand_ids=["a"], supply_ids=["x"], cutoff_min=60)
    assert reach.minutes.tolist() == [4.0]


@given(matrices())
@settings(max_examples=30, deadline=None)
def test_cutting_is_searching_with_the_shorter_cutoff(matrix):
    cut = cut_reach(table(matrix), cutoff_min=30)
    assert as_rows(od_table(cut, absent=True)) == as_rows(od_table(table(matrix, cutoff_min=30), absent=True))


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("REACH-IDS", lambda: table([[1], [2]], demands="aa")),
        ("REACH-IDS", lambda: build_reach([], [], [], demand_ids=[1], supply_ids=[], cutoff_min=1)),
        ("REACH-IDS", lambda: table([[1]], supplies=[""])),
        ("REACH-PAIRS", lambda: build_reach([0], [1], [5], demand_ids=["a"], supply_ids=["x"], cutoff_min=60)),
        ("REACH-PAIRS", lambda: build_reach([0, 0], [0], [5], demand_ids=["a"], supply_ids=["x"], cutoff_min=60)),
        ("REACH-PAIRS", lambda: build_reach_from_matrix([[1, 2]], demand_ids=["a"], supply_ids=["x"], cutoff_min=60)),
        ("REACH-MINUTES", lambda: table([[-1]])),
        ("REACH-MINUTES", lambda: table([[np.nan]])),
        ("REACH-MINUTES", lambda: table([[1]], cutoff_min=np.nan)),
        ("REACH-STATUS", lambda: table([[1]], demand_status=["unsnapped"])),
        ("REACH-STATUS", lambda: table([[INF]], demand_status=["far"])),
        ("REACH-STATUS", lambda: table([[INF]], demand_status=["ok", "ok"])),
        ("REACH-RANK", lambda: nearest(table([[1]]), 0)),
        ("REACH-UNKNOWN", lambda: close_facilities(table([[1]]), ["q"])),
        ("REACH-CUTOFF", lambda: cut_reach(table([[1]]), cutoff_min=61)),
        ("REACH-CUTOFF", lambda: add_facilities(table([[1]]), table([[1]], supplies="y", cutoff_min=30))),
        ("REACH-DEMANDS", lambda: add_facilities(table([[1]]), table([[1]], supplies="y", demands="b"))),
        ("REACH-IDS", lambda: add_facilities(table([[1]]), table([[1]]))),
        ("REACH-STATUS", lambda: add_facilities(table([[1]]), table([[INF]], supplies="y", demand_status=["unsnapped"]))),
    ],
)
def test_what_does_not_fit_is_refused_with_its_code(code, make):
    with pytest.raises(TableError) as caught:
        make()
    assert caught.value.code == code
    assert caught.value.remedy


def test_tables_are_frozen_and_inputs_stay_as_they_were():
    minutes = np.array([[5.0, 1.0]])
    reach = table(minutes)
    with pytest.raises(dataclasses.FrozenInstanceError):
        reach.cutoff_min = 1.0
    kept = reach.minutes.copy()
    nearest(reach, 2)
    close_facilities(reach, ["x"])
    cut_reach(reach, cutoff_min=2)
    assert (reach.minutes == kept).all()
    assert minutes.tolist() == [[5.0, 1.0]]
    assert set(REACH_STATUS_LABELS) == {one.value for one in ReachStatus}
