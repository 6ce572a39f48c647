"""2SFCA, E2SFCA and 3SFCA: a published example, a naive twin, and the laws that any fair sharing keeps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.accessibility import score_three_step, score_two_step
from geoplan.access.decay import Binary, Gaussian, InversePower, Stepped
from geoplan.access.reach import build_reach_from_matrix, sort_pairs
from geoplan.errors import TableError

INF = np.inf
HOSPITAL = [[1, 80, 40], [80, 1, 40], [40, 40, 1]]
"""Three towns: 1 min at home, 40 between 1–3 and 2–3, 80 between 1–2."""
DECAYS = [Binary(60), Gaussian(60), Stepped(((20, 1.0), (60, 0.3))), InversePower(60)]
BOTH = [score_two_step, score_three_step]


def table(matrix, *, cutoff_min=60.0, **options):
    matrix = np.array(matrix, dtype=float)
    ids = {"demand_ids": [f"d{i}" for i in range(len(matrix))], "supply_ids": [f"s{j}" for j in range(matrix.shape[1])]}
    return build_reach_from_matrix(matrix, **(ids | options), cutoff_min=cutoff_min)


@st.composite
def counties(draw, fewest_people=1):
    """A matrix of minutes with ties, zeros and unreached pairs, people and doctors."""
    high, wide = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    cell = st.sampled_from([0.0, 0.5, 10.0, 20.0, 59.0, 60.0, 61.0, INF])
    matrix = np.array(draw(st.lists(st.lists(cell, min_size=wide, max_size=wide), min_size=high, max_size=high)))
    people = draw(st.lists(st.integers(fewest_people, 500), min_size=high, max_size=high))
    doctors = draw(st.lists(st.integers(0, 40), min_size=wide, max_size=wide))
    return matrix, np.array(people, dtype=float), np.array(doctors, dtype=float)


def scores_twin(matrix, people, doctors, decay, *, choose):
    """The formulas, one loop each."""
    high, wide = matrix.shape
    w = [[float(decay.weigh([t])[0]) for t in line] for line in matrix]
    g = [[(w[i][j] / sum(w[i]) if sum(w[i]) else 0.0) if choose else 1.0 for j in range(wide)] for i in range(high)]
    load = [sum(g[i][j] * people[i] * w[i][j] for i in range(high)) for j in range(wide)]
    ratio = [doctors[j] / load[j] if load[j] else 0.0 for j in range(wide)]
    return [sum(g[i][j] * ratio[j] * w[i][j] for j in range(wide)) for i in range(high)]


def test_the_hospital_example_comes_out():
    """Population 100, 50, 10; doctors 15, 20, 100; weight 1/cost up to 61. Three steps: as PySAL's access 1.1.10 computes it."""
    reach = table(HOSPITAL, cutoff_min=61)
    two = score_two_step(reach, [100, 50, 10], [15, 20, 100], decay=InversePower(61))
    assert two.demand["score"].tolist() == pytest.approx([0.331444117, 0.579828132, 7.286418170], abs=1e-9)
    assert two.supply["weighted_persons"].tolist() == pytest.approx([100.25, 50.25, 13.75])
    three = score_three_step(reach, [100, 50, 10], [15, 20, 100], decay=InversePower(61))
    assert three.demand["score"].tolist() == pytest.approx([0.1563323858404136, 0.4062927334991818, 9.905212474099953], rel=1e-12)


def test_two_places_and_one_clinic_by_pencil():
    """100 people at 0 min, 50 at 30; 3 doctors; weights 1 and 0.5: R = 3/125."""
    got = score_two_step(table([[0], [30]]), [100, 50], [3], decay=Stepped(((10, 1.0), (60, 0.5))))
    assert got.supply["supply_per_person"].tolist() == pytest.approx([0.024])
    assert got.demand["score"].tolist() == pytest.approx([0.024, 0.012])


@given(counties(), st.sampled_from(DECAYS), st.booleans())
@settings(max_examples=40, deadline=None)
def test_scores_are_what_the_formulas_say(county, decay, choose):
    matrix, people, doctors = county
    got = BOTH[choose](table(matrix), people, doctors, decay=decay).demand
    assert got["score"].tolist() == pytest.approx(
        scores_twin(matrix, people, doctors, decay, choose=choose), rel=1e-12, abs=1e-300
    )
    assert set(got["status"]) == {"ok"}


@given(counties(), st.sampled_from(DECAYS), st.booleans())
@settings(max_examples=40, deadline=None)
def test_what_people_get_is_what_the_reached_facilities_have(county, decay, choose):
    """Σ persons × score = Σ supply over the facilities that someone reaches."""
    matrix, people, doctors = county
    got = BOTH[choose](table(matrix), people, doctors, decay=decay)
    reached = got.supply["status"] == "ok"
    assert (people * got.demand["score"]).sum() == pytest.approx(got.supply.loc[reached, "supply"].sum(), rel=1e-9)
    assert got.supply.loc[~reached, "supply_per_person"].isna().all()


@given(counties(), st.sampled_from(DECAYS), st.booleans(), st.sampled_from([2.0, 10.0, 0.25]))
@settings(max_examples=30, deadline=None)
def test_k_times_the_people_divides_scores_by_k_and_k_times_the_doctors_multiplies_them(county, decay, choose, k):
    matrix, people, doctors = county
    reach, score = table(matrix), BOTH[choose]
    plain = score(reach, people, doctors, decay=decay).demand["score"].to_numpy()
    assert score(reach, people * k, doctors, decay=decay).demand["score"].to_numpy() == pytest.approx(plain / k, rel=1e-12)
    assert score(reach, people, doctors * k, decay=decay).demand["score"].to_numpy() == pytest.approx(plain * k, rel=1e-12)


@given(counties(), st.sampled_from(DECAYS), st.booleans(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_scores_are_the_same_to_the_bit_in_any_order_of_rows(county, decay, choose, random):
    matrix, people, doctors = county
    rows, columns = list(range(len(people))), list(range(len(doctors)))
    random.shuffle(rows)
    random.shuffle(columns)
    shuffled = table(matrix[np.ix_(rows, columns)], demand_ids=[f"d{i}" for i in rows], supply_ids=[f"s{j}" for j in columns])
    plain = BOTH[choose](table(matrix), people, doctors, decay=decay).demand.set_index("demand_id")
    got = BOTH[choose](shuffled, people[rows], doctors[columns], decay=decay).demand.set_index("demand_id")
    pd.testing.assert_frame_equal(got.loc[plain.index], plain, check_exact=True)
    assert len(np.unique(sort_pairs(shuffled))) == len(shuffled.minutes)


@pytest.mark.parametrize("score", BOTH)
def test_nobody_reached_and_nothing_reachable_are_known_states(score):
    """s1 is reached by nobody: unreachable, its 7 doctors are no one's. d1 reaches nothing: a score of 0, which is known."""
    got = score(table([[10, INF], [INF, INF]]), [100, 30], [5, 7], decay=Binary(60))
    assert got.demand["score"].tolist() == pytest.approx([0.05, 0.0])
    assert got.demand["facilities"].tolist() == [1, 0]
    assert got.demand["complete"].all()
    assert got.supply["status"].tolist() == ["ok", "unreachable"]
    assert (got.left_out_demand_ids, got.left_out_supply_ids) == ((), ())


@pytest.mark.parametrize("score", BOTH)
def test_unknown_people_and_doctors_are_named_and_never_nought(score):
    """d1 has unknown people, s1 unknown doctors: both listed; what rests on them is not complete."""
    matrix = [[10, INF, INF], [10, 10, INF], [INF, 10, 10], [INF, INF, 10]]
    got = score(table(matrix), [100, np.nan, 50, 20], pd.Series({"s0": 5.0, "s2": 7.0}), decay=Binary(60))
    assert (got.left_out_demand_ids, got.left_out_supply_ids) == (("d1",), ("s1",))
    assert got.demand["status"].tolist() == ["ok", "no_data", "ok", "ok"]
    assert got.demand["complete"].tolist() == [False, False, False, True]
    assert np.isnan(got.demand["score"][1])
    assert got.demand["score"].tolist()[0] == pytest.approx(0.05)
    assert got.demand["score"].tolist()[2:] == pytest.approx([0.1, 0.1])
    assert got.supply["status"].tolist() == ["ok", "no_data", "ok"]
    assert got.supply["complete"].tolist() == [False, False, True]


def test_a_score_that_lacks_an_unknown_facility_is_not_complete():
    """d0 reaches s0 and s1, whose doctors are unknown: at least 5 for 120 people; d1 reaches s0 only and knows all of it."""
    got = score_two_step(table([[10, 10], [10, INF]]), [100, 20], [5, np.nan], decay=Binary(60))
    assert got.demand["score"].tolist() == pytest.approx([5 / 120] * 2)
    assert got.demand["complete"].tolist() == [False, True]


def test_places_never_searched_keep_their_status_and_are_listed_if_people_live_there():
    got = score_two_step(
        table([[10], [INF], [INF]], demand_status=["ok", "unsnapped", "unreachable"]), [100, 40, 30], [5], decay=Binary(60)
    )
    assert got.demand["status"].tolist() == ["ok", "unsnapped", "ok"]
    assert got.demand["score"].tolist()[::2] == pytest.approx([0.05, 0.0])
    assert got.left_out_demand_ids == ("d1",)


def test_an_empty_place_has_a_score_and_a_facility_for_empty_places_only_has_none():
    got = score_two_step(table([[10, INF], [10, INF], [INF, 5]]), [100, 0, 0], [5, 9], decay=Binary(60))
    assert got.demand["score"].tolist()[:2] == pytest.approx([0.05, 0.05])
    assert got.demand["status"].tolist() == ["ok", "ok", "no_data"]
    assert got.supply["status"].tolist() == ["ok", "unreachable"]


def test_a_series_is_lined_up_by_id():
    reach = table([[10, INF], [INF, 10]])
    people = pd.Series({"d1": 50.0, "d0": 100.0, "elsewhere": 7.0})
    assert score_two_step(reach, people, [5, 5], decay=Binary(60)).demand["score"].tolist() == pytest.approx([0.05, 0.1])


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("REACH-CUTOFF", {"decay": Binary(61)}),
        ("AMOUNT-LENGTH", {"persons": [1, 2, 3]}),
        ("AMOUNT-NEGATIVE", {"persons": [1, -2]}),
        ("AMOUNT-NEGATIVE", {"supply": [INF]}),
        ("AMOUNT-IDS", {"supply": pd.Series([1.0, 2.0], index=["s0", "s0"])}),
    ],
)
def test_what_does_not_fit_is_refused_with_its_code(code, change):
    arguments = {"persons": [1, 2], "supply": [1], "decay": Binary(60)} | change
    with pytest.raises(TableError) as caught:
        score_two_step(table([[10], [20]]), **arguments)
    assert caught.value.code == code


def test_inputs_stay_as_they_were():
    people, doctors = np.array([1.0, 2.0]), np.array([3.0])
    score_three_step(table([[10], [20]]), people, doctors, decay=Gaussian(60))
    assert (people.tolist(), doctors.tolist()) == ([1.0, 2.0], [3.0])
