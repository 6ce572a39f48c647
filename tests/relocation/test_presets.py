"""The relocation profiles that come with geoplan: whole, cited, and what they decide."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from geoplan.contracts.profiles import RelocationProfile
from geoplan.io.documents import read_relocation
from geoplan.relocation import apply_anchors, score_candidacy
from geoplan.relocation.treatment import choose_treatments

PRESETS = ["hazard_avoidance_2023", "poverty_relocation_2015"]
GEOLOGICAL = ["landslide", "rockfall", "debris_flow", "collapse"]


@pytest.fixture(params=PRESETS)
def profile(request: pytest.FixtureRequest) -> RelocationProfile:
    return read_relocation(request.param)


def test_weights_sum_to_one_and_every_figure_is_cited(profile: RelocationProfile) -> None:
    assert sum(one.weight for one in profile.indicators) == pytest.approx(1.0)
    tables = [*profile.indicators, *profile.vetoes, *profile.treatments, *profile.stages, *profile.batches]
    for cited in [*tables, profile.thresholds_cited, profile.housing_cited, profile.site_cited, profile.whole_group_cited]:
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
    far = pd.DataFrame({"settlement_id": ids, "red_line_share": [1.0, 0.0], "reserve_share": [1.0, 0.0]})
    land = far.assign(farmland_within_reach_mu_per_person=[0.0, 2.0]).assign(
        **{f"{one}_status": "ok" for one in ("red_line_share", "reserve_share", "farmland_within_reach_mu_per_person")}
    )
    result = score_candidacy(demand, access, make.exposure(ids, ["extreme", "none"]), profile, land=land)
    assert result.candidacy["evidence_share"].tolist() == [1.0, 1.0]
    assert result.candidacy["relocation_class"].tolist() == ["应搬", "可留"]
    assert result.candidacy["candidacy_score"].iloc[0] > 0.95
    assert result.candidacy["remoteness_index"].tolist() == pytest.approx([1.0, 0.0])


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


def test_five_batches_are_those_of_the_text() -> None:
    """二(四): 生产和就业, 异地搬迁, 低保, 医疗, 灾后重建; 避险搬迁 has none."""
    batches = read_relocation("poverty_relocation_2015").batches
    assert sorted(one.id for one in batches) == ["dibao", "medical", "production", "reconstruction", "relocation"]
    assert all(one.status == "cited" and "二(四)" in one.clause for one in batches)
    assert read_relocation("hazard_avoidance_2023").batches == []


def test_first_those_who_must_then_those_who_want_to() -> None:
    stages = read_relocation("hazard_avoidance_2023").stages
    assert [(one.stage, one.year_from, one.year_to) for one in stages] == [("应搬", 2023, 2025), ("愿搬", 2026, 2027)]


def test_all_kinds_and_classes_are_treated(profile: RelocationProfile) -> None:
    """Nobody threatened falls through the table, with or without a cost of works; faults alone move nobody."""
    for kind in [*GEOLOGICAL, "flood", "flash_flood", "fault"]:
        for level in ("extreme", "high", "medium", "low"):
            for works in (None, 0.0, 1e6):
                chosen = next(one for one in profile.treatments if one.holds(kind, level, 50.0, works))
                assert (kind == "fault") <= (chosen.treatment == "工程治理")


def test_whatever_is_vetoed_is_moved_away_from_unless_works_are_given() -> None:
    """应搬 by veto and the treatment speak with one voice where no works are known: 极高 and 高 of the 2023 programme."""
    profile = read_relocation("hazard_avoidance_2023")
    for veto in profile.vetoes:
        for kind in veto.hazard_kinds:
            for level in veto.hazard_classes:
                chosen = next(one for one in profile.treatments if one.holds(kind, level, 50.0, None))
                assert chosen.treatment == "避让搬迁"


def test_a_countys_own_profile_by_path_may_weigh_and_treat_otherwise(tmp_path: Path, make: SimpleNamespace) -> None:
    """A copy of the preset with its own line, weights, treatments and batches: read by path beside the plan, and scored by its own."""
    preset = Path(str(resources.files("geoplan.presets"))) / "hazard_avoidance_2023.yaml"
    own = yaml.safe_load(preset.read_text(encoding="utf-8"))
    weights = {"hazard_index": 0.4, "farmland_within_reach_mu_per_person": 0.6}
    anchors = {"hazard_index": [[0.0, 0.0], [1.0, 1.0]], "farmland_within_reach_mu_per_person": [[0.0, 1.0], [1.0, 0.0]]}
    first = own["indicators"][0]
    own |= {
        "id": "own_2026",
        "must_score": 0.7,
        "indicators": [{**first, "id": one, "weight": weights[one], "anchors": anchors[one]} for one in weights],
        "vetoes": [],
        "remoteness": ["hazard_index"],
        "treatments": [{**own["treatments"][1], "id": "all", "hazard_classes": ["extreme", "high", "medium", "low"]}],
        "batches": [
            {
                "id": "labour",
                "label_zh": "劳",
                "label_en": "labour",
                "column": "labour_persons",
                "source": "县",
                "status": "convention",
            }
        ],
        "whole_group_share": 0.9,
    }
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(own, allow_unicode=True), encoding="utf-8")
    profile = read_relocation("own.yaml", tmp_path)
    assert (profile.id, profile.whole_group_share, [one.id for one in profile.batches]) == ("own_2026", 0.9, ["labour"])
    demand = make.demand([(0, 0), (1, 0)])
    name = "farmland_within_reach_mu_per_person"
    land = pd.DataFrame({"settlement_id": ["s0", "s1"], name: [0.0, 0.5], f"{name}_status": "ok"})
    exposure = make.exposure(["s0", "s1"], ["medium", "medium"])
    access = make.access(["s0", "s1"])
    scored = score_candidacy(demand, access, exposure, profile, land=land).candidacy
    # 0.4 × 0.5 + 0.6 × 1 = 0.8 and 0.4 × 0.5 + 0.6 × 0.5 = 0.5; the county's own line is 0.7.
    assert scored["candidacy_score"].tolist() == pytest.approx([0.8, 0.5])
    assert scored["relocation_class"].tolist() == ["应搬", "建议搬"]
    overridden = score_candidacy(demand, access, exposure, profile, land=land, weights={"hazard_index": 0.0}).candidacy
    assert overridden["candidacy_score"].tolist() == pytest.approx([1.0, 0.5])
    assert choose_treatments(exposure, demand, profile).summary["treatment"].tolist() == ["避让搬迁"] * 2


def test_a_missing_land_layer_lowers_the_evidence_and_never_the_score(make: SimpleNamespace) -> None:
    profile = read_relocation("poverty_relocation_2015")
    demand = make.demand([(0, 0)], slope_deg=[40.0], farmland_mu=[0.0], elevation_m=[2500.0], safe_water_share=[0.0])
    access = make.access(["s0"], {(one, "dry", "one_way"): [500] for one in ("seat", "clinic", "primary_school")}, road_min=[500])
    found = score_candidacy(demand, access, make.exposure(["s0"], ["extreme"]), profile).candidacy
    ecology = sum(one.weight for one in profile.indicators if one.id in ("red_line_share", "reserve_share"))
    reach = next(one.weight for one in profile.indicators if one.id == "farmland_within_reach_mu_per_person")
    nearest = next(one.weight for one in profile.indicators if one.id == "nearest_settlement_m")
    assert found["evidence_share"].iloc[0] == pytest.approx(1 - ecology - reach - nearest)
    assert found["candidacy_score"].iloc[0] == pytest.approx(1.0)
