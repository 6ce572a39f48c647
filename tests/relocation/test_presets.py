"""The relocation profiles that come with geoplan: whole, cited, and what they decide."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from geoplan.contracts.profiles import RelocationProfile
from geoplan.io.documents import read_relocation
from geoplan.relocation import apply_anchors, score_candidacy

PRESETS = ["hazard_avoidance_2023", "poverty_relocation_2015"]
GEOLOGICAL = ["landslide", "rockfall", "debris_flow", "collapse"]


@pytest.fixture(params=PRESETS)
def profile(request: pytest.FixtureRequest) -> RelocationProfile:
    return read_relocation(request.param)


def test_weights_sum_to_one_and_every_figure_is_cited(profile: RelocationProfile) -> None:
    assert sum(one.weight for one in profile.indicators) == pytest.approx(1.0)
    for cited in [*profile.indicators, *profile.vetoes, profile.thresholds_cited, profile.housing_cited, profile.site_cited]:
        assert len(cited.source) > 4
        if cited.status == "cited":
            assert cited.clause
            # Only documents whose text was read are `cited`.
            assert "广元" in cited.source or "安庆" in cited.source


def test_housing_limit_is_the_national_one(profile: RelocationProfile) -> None:
    """人均 25 m², a secondary source; gross site area is a convention."""
    assert (profile.housing_m2_per_person, profile.housing_cited.status) == (25.0, "secondary")
    assert 80 <= profile.site_m2_per_person <= 100
    assert profile.site_cited.status == "convention"


def test_every_indicator_can_be_built_from_the_demo_roles(profile: RelocationProfile, make: SimpleNamespace) -> None:
    """A county with all layers has evidence for the whole weight."""
    demand = make.demand(
        [(0, 0), (500, 0)],
        slope_deg=[30.0, 3.0],
        elevation_m=[2300.0, 500.0],
        farmland_mu=[0.0, 20.0],
        safe_water_share=[0.0, 1.0],
    )
    ids = demand.settlements["settlement_id"]
    services = {(one, "dry", "one_way"): [200, 1] for one in ("seat", "clinic", "primary_school")}
    access = make.access(ids, {**services, ("water", "dry", "round_trip"): [90, 2]}, road_min=[90, 1])
    result = score_candidacy(demand, access, make.exposure(ids, ["extreme", "none"]), profile)
    assert result.candidacy["evidence_share"].tolist() == [1.0, 1.0]
    assert result.candidacy["relocation_class"].tolist() == ["应搬", "可留"]
    assert result.candidacy["candidacy_score"].iloc[0] > 0.95
    assert result.candidacy["remoteness_index"].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("kind", [*GEOLOGICAL, "flood", "flash_flood"])
def test_hazard_avoidance_moves_extreme_and_high_and_leaves_medium_to_the_score(kind: str, make: SimpleNamespace) -> None:
    profile = read_relocation("hazard_avoidance_2023")
    ids = ["a", "b", "c", "d"]
    demand = make.demand([(x, 0) for x in (0, 5000, 10000, 15000)], settlement_id=ids, slope_deg=[2.0] * 4)
    exposure = make.exposure(ids, ["extreme", "high", "medium", "none"], kind)
    result = score_candidacy(demand, make.access(ids), exposure, profile).candidacy
    assert (result["veto"] != "").tolist() == [True, True, False, False]
    assert result["relocation_class"].tolist()[:2] == ["应搬", "应搬"]
    assert result["rank"].tolist()[:2] == [1, 2]


def test_faults_alone_decide_nothing(make: SimpleNamespace) -> None:
    """No text makes the setback of a fault a reason to move by itself."""
    for name in PRESETS:
        assert not any("fault" in veto.hazard_kinds or "*" in veto.hazard_kinds for veto in read_relocation(name).vetoes)


def test_unknown_hazard_leaves_hazard_avoidance_undecided(make: SimpleNamespace) -> None:
    """Hazard is half the weight of the 2023 profile: without it nothing is decided, and nobody is called safe."""
    profile = read_relocation("hazard_avoidance_2023")
    demand = make.demand([(0, 0)], slope_deg=[40.0], farmland_mu=[0.0])
    services = {(one, "dry", "one_way"): [500] for one in ("seat", "clinic", "primary_school")}
    access = make.access(["s0"], {**services, ("water", "dry", "round_trip"): [500]}, road_min=[500])
    assert score_candidacy(demand, access, make.exposure(["s0"], [""]), profile).candidacy["relocation_class"].tolist() == [
        "证据不足"
    ]


def test_cited_farmland_figures_are_the_anchors() -> None:
    """三(四): 0.5–1 亩 per person. At 1 亩 the case is nil, at 0.5 it is more than half."""
    for name in PRESETS:
        own = next(one for one in read_relocation(name).indicators if one.id == "farmland_mu_per_person")
        assert [x for x, _ in own.anchors] == [0.0, 0.5, 1.0]
        assert (np.diff(apply_anchors([0.0, 0.5, 1.0], own.anchors)) < 0).all()
