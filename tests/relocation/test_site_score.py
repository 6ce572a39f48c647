"""The site score: by hand, and the laws of evidence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from geoplan.contracts.site_profile import SITE_PROFILE, SiteProfile
from geoplan.relocation.site_score import point_site, score_sites, tabulate_contributions

BEST = {
    "slope_deg": 5.0, "road_m": 100.0, "water_m": 200.0, "seat_min": 10.0, "school_min": 10.0, "clinic_min": 10.0,
    "farmland_mu_per_household": 3.6, "area_m2": 100_000.0, "compactness": 0.75,
}  # fmt: skip
STATES = {f"{stem}_status": "ok" for stem in ("road", "water", "seat", "school", "clinic", "farmland")}


def _site(**changes: Any) -> pd.DataFrame:
    return pd.DataFrame([{"site_id": "a", **BEST, **STATES, **changes}])


def _score(**changes: Any) -> float:
    return float(score_sites(_site(**changes)).score[0])


def test_site_score_by_hand() -> None:
    """Best everywhere: 1. 1 ha has 0.2 points of 0.06; 20 min to school 0.75 of 0.12; the clinic out of reach takes 0.12 and unknown nothing."""
    assert _score() == pytest.approx(1.0)
    assert _score(area_m2=10_000.0) == pytest.approx(1 - 0.06 * 0.8)
    assert _score(school_min=20.0) == pytest.approx(1 - 0.12 * 0.25)
    assert _score(clinic_min=np.nan, clinic_status="unreachable") == pytest.approx(0.88)
    assert _score(clinic_min=np.nan, clinic_status="no_data") == pytest.approx(1.0)
    assert _score(road_m=np.nan, road_status="unreachable") == pytest.approx(0.85)
    assert np.isnan(_score(**dict.fromkeys(BEST, np.nan)))


def test_missing_evidence_lowers_certainty_and_not_the_score() -> None:
    """Without farmland (0.08) and water (0.10): the same score on 0.82 of the weight, between 0.82 and 1."""
    found = score_sites(
        _site(farmland_mu_per_household=np.nan, farmland_status="no_data", water_m=np.nan, water_status="no_data")
    )
    assert found.score[0] == pytest.approx(1.0)
    assert found.evidence_share[0] == pytest.approx(0.82)
    assert (found.low[0], found.high[0]) == (pytest.approx(0.82), pytest.approx(1.0))


@pytest.mark.parametrize(
    "worse",
    [
        {"slope_deg": 12.0}, {"road_m": 700.0}, {"water_m": 900.0}, {"seat_min": 40.0}, {"school_min": 40.0}, {"clinic_min": 40.0},
        {"farmland_mu_per_household": 1.0}, {"area_m2": 20_000.0}, {"compactness": 0.3},
    ],
)  # fmt: skip
def test_a_worse_site_scores_less(worse: dict[str, float]) -> None:
    assert _score(**worse) < _score()


def test_contributions_tell_every_criterion_with_its_source() -> None:
    """Nine criteria a site, in the profile's order; a column that is absent has no data; a site not offered has no contribution."""
    sites = pd.concat([_site(), _site(site_id="b", school_min=np.nan, school_status="unreachable")], ignore_index=True)
    sites = sites.drop(columns=["water_m", "water_status"]).assign(site_score=[1.0, np.nan])
    table = tabulate_contributions(sites, score_sites(sites))
    assert table["site_id"].tolist() == ["a"] * 9 + ["b"] * 9
    assert table["criterion"].tolist() == [one.id for one in SITE_PROFILE.criteria] * 2
    assert table[table["criterion"] == "water"]["status"].tolist() == ["no_data", "no_data"]
    assert table[table["criterion"] == "school"]["points"].tolist() == [1.0, 0.0]
    assert table[table["site_id"] == "b"]["contribution"].isna().all()
    assert (table["source"].str.len() > 0).all()


maybe = st.one_of(st.just(np.nan), st.floats(0, 200_000))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(maybe, min_size=9, max_size=9), min_size=1, max_size=4))
def test_contributions_sum_to_the_score_whatever_is_missing(values: list[list[float]]) -> None:
    """And no other site moves a site's score."""
    sites = pd.DataFrame(values, columns=list(BEST)).assign(site_id=[f"s{number}" for number in range(len(values))])
    found = score_sites(sites)
    table = tabulate_contributions(sites, found)
    sums = table.groupby("site_id", sort=False)["contribution"].sum(min_count=1).to_numpy()
    assert sums == pytest.approx(found.score, nan_ok=True)
    assert (found.low <= np.nan_to_num(found.score, nan=0.5) + 1e-12).all()
    assert (found.high >= np.nan_to_num(found.score, nan=0.5) - 1e-12).all()
    alone = score_sites(sites.iloc[:1]).score[0]
    assert alone == pytest.approx(found.score[0], nan_ok=True)


def test_a_profile_that_does_not_add_up_is_refused() -> None:
    given_ = SITE_PROFILE.model_dump()
    with pytest.raises(ValidationError, match="sum to"):
        SiteProfile.model_validate({**given_, "criteria": given_["criteria"][1:]})
    backwards = [{**given_["criteria"][0], "anchors": [(5.0, 1.0), (5.0, 0.0)]}, *given_["criteria"][1:]]
    with pytest.raises(ValidationError, match="ascend"):
        SiteProfile.model_validate({**given_, "criteria": backwards})
    with pytest.raises(ValidationError, match="twice"):
        SiteProfile.model_validate({**given_, "seats": [given_["seats"][0]] * 2})


def test_raw_status_and_points_of_one_criterion_by_hand() -> None:
    """10° lies halfway between 5° (1.0) and 15° (0.4)."""
    raw, status, points = point_site(_site(slope_deg=10.0), SITE_PROFILE.criteria[0])
    assert (raw[0], status[0], points[0]) == (10.0, "ok", pytest.approx(0.7))
