"""What coverage asks about is in the county, and its truth follows from the layers alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan.contracts.columns import COLUMNS
from geoplan.synthetic import SyntheticCounty, grids, make_county, registers, supplies

AGES = list(supplies.AGES)


def test_ages_are_whole_and_never_more_than_the_people():
    rng = np.random.default_rng(1)
    persons = rng.integers(0, 400, 3000)
    ages = supplies.count_ages(rng, persons, remote=rng.random(3000))
    known = ages.notna().all(axis=1)
    assert (known == ages.notna().any(axis=1)).all()
    assert 0.01 < 1.0 - known.mean() < 0.06
    assert (ages[known] % 1.0 == 0.0).all(axis=None)
    assert (ages[known].sum(axis=1) <= persons[known]).all()


def test_nobody_is_of_any_age_where_nobody_lives():
    ages = supplies.count_ages(np.random.default_rng(2), np.zeros(50), remote=np.zeros(50))
    assert ages.fillna(0.0).to_numpy().max() == 0.0


def test_a_point_at_exactly_the_radius_is_within():
    """Own radius first, the plan's where it states none; equal is inside."""
    import geopandas as gpd

    layer = gpd.GeoDataFrame({"radius_m": [700.0, np.nan]}, geometry=shapely.points([[0.0, 0.0], [10_000.0, 0.0]]), crs=4544)
    xy = np.array([[700.0, 0.0], [700.1, 0.0], [10_500.0, 0.0], [10_500.1, 0.0]])
    assert grids.find_beyond(xy, layer, radius_m=500.0).tolist() == [False, True, False, True]


@pytest.fixture(scope="module", params=["default", "small"])
def made(request, county) -> SyntheticCounty:
    if request.param == "default":
        return county
    return make_county(seed=7, townships=9, villages=45, groups=200, settlements=420, persons=26_000)


def _ids(made, name):
    return set(made.truth.loc[made.truth["truth"] == name, "settlement_id"])


def _codes(made, name):
    return set(made.unit_truth.loc[made.unit_truth["truth"] == name, "code"])


@pytest.mark.slow
def test_new_columns_are_canonical(made):
    for name in (
        "settlements",
        "clinics",
        "schools",
        "sports_grounds",
        "weather_stations",
        "transformers",
        "masts",
        "clinics_insurance",
    ):
        assert set(made.vectors[name].columns) - {"geometry"} <= set(COLUMNS), name


@pytest.mark.slow
def test_settlements_know_their_children_and_their_water_or_say_nothing(made):
    points = made.vectors["settlements"]
    assert (points[AGES].sum(axis=1) <= points["persons"]).all()
    shares = points[AGES].sum() / points["persons"][points[AGES[0]].notna()].sum()
    assert shares[AGES[:4]].between(0.02, 0.06).all()
    assert 0.15 < shares["elder_persons"] < 0.35
    litres = points["water_l_person_day"]
    assert 0.02 < litres.isna().mean() < 0.15
    assert (litres[points["settlement_id"].isin(_ids(made, "waterless"))].dropna() < 20.0).all()
    assert points["networks_share"].dropna().between(0.0, 1.0).all()


@pytest.mark.slow
def test_nobody_has_more_doctors_than_staff(made):
    clinics, schools = made.vectors["clinics"], made.vectors["schools"]
    assert (clinics["doctors"].fillna(0.0) <= clinics["staff"]).all()
    assert (clinics.loc[clinics["level"] == "village", "gps"] == 0.0).all()
    assert (schools["boarding_seats"] <= schools["capacity"]).all()
    assert (schools["teachers"] >= 1.0).all()
    for layer, column in ((clinics, "standard_met"), (schools, "standard_met"), (schools, "public")):
        assert set(layer[column].dropna()) == {0.0, 1.0}
        assert layer[column].isna().any()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("truth", "layer", "radius_m"), [("beyond_transformer", "transformers", 500.0), ("beyond_mast", "masts", 0.0)]
)
def test_those_beyond_every_transformer_and_mast_are_the_planted(made, truth, layer, radius_m):
    """Distance by distance, 10 cm of coordinates to spare."""
    points, facilities = made.vectors["settlements"], made.vectors[layer]
    gap = shapely.distance(points.geometry.to_numpy()[:, None], facilities.geometry.to_numpy()[None, :])
    slack = gap - facilities["radius_m"].fillna(radius_m).to_numpy()[None, :]
    assert set(points["settlement_id"][(slack > 0.0).all(axis=1)]) == _ids(made, truth)
    assert np.abs(slack.min(axis=1)).min() > 0.1
    assert len(_ids(made, truth)) >= 3


@pytest.mark.slow
def test_villages_without_a_doctor_and_townships_short_are_counted_again_one_by_one(made):
    clinics, schools, points = (made.vectors[one] for one in ("clinics", "schools", "settlements"))
    none, unknown = set(), set()
    for code, own in clinics.groupby("village_code"):
        if not (own["doctors"] >= 1.0).any():
            (unknown if own["doctors"].isna().any() else none).add(code)
    assert none == _codes(made, "clinic_no_doctor")
    assert unknown == _codes(made, "clinic_doctor_unknown")
    assert none
    short, few, private = set(), set(), set()
    for code, own in points.groupby("township_code"):
        nurseries = schools[(schools["township_code"] == code) & (schools["level"] == "kindergarten")]
        if nurseries["capacity"].sum() < own["kindergarten_persons"].sum():
            short.add(code)
        if clinics.loc[clinics["township_code"] == code, "gps"].sum() / own["persons"].sum() * 10_000 < 2.0:
            few.add(code)
        if not (nurseries["public"] == 1.0).any() and not nurseries["public"].isna().any():
            private.add(code)
    assert short == _codes(made, "kindergarten_seats_short")
    assert few == _codes(made, "gps_short")
    assert private == _codes(made, "no_public_kindergarten")


@pytest.mark.slow
def test_the_truth_about_two_lists_names_every_row_of_both_once(made):
    truth = made.comparison_truth
    for name, left, right in (
        ("clinics", made.vectors["clinics"]["facility_id"], made.vectors["clinics_insurance"]["facility_id"]),
        ("villages", _named(made, "villages_civil"), _named(made, "villages_statistics")),
    ):
        rows = truth[truth["comparison"] == name]
        for side, ids in (("left_id", left), ("right_id", right)):
            assert sorted(rows.loc[rows[side] != "", side]) == sorted(ids)
        assert set(rows["state"]) == {"agrees", "contradicts", "left_only", "right_only"}
        assert ((rows["columns"] != "") == (rows["state"] == "contradicts")).all()


def _named(made, name):
    """Ids of a list whose rows without a code are named by their place in it."""
    code = made.vectors[name]["code"]
    return pd.Series([one or f"{name}-{k + 1:06d}" for k, one in enumerate(code)])


@pytest.mark.slow
def test_matched_clinics_stand_within_150_m_and_agree_unless_planted(made):
    left = made.vectors["clinics"].set_index("facility_id")
    right = made.vectors["clinics_insurance"].set_index("facility_id")
    rows = made.comparison_truth.query("comparison == 'clinics' and matched_by != ''")
    for row in rows.itertuples():
        one, other = left.loc[row.left_id], right.loc[row.right_id]
        if other.geometry is not None:
            assert one.geometry.distance(other.geometry) <= registers.SHIFT_M
        differing = [
            c for c in ("capacity", "doctors", "level") if not pd.isna(one[c]) and not pd.isna(other[c]) and one[c] != other[c]
        ]
        assert ";".join(differing) == row.columns
