"""A recipe changes when, and only when, something the stage rests on changes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.config import Catalog, PlanConfig
from geoplan.io.documents import read_costs, read_relocation, read_speeds, read_standards, read_walking, read_water
from geoplan.stages import STAGES, Documents, digest_json, digest_room, stage_recipes

MOVES = {"candidacy", "group_moves", "batches", "certainty", "allocation"}
"""What follows from who should move."""
AFTER_ROADS = {"seats", "ledger", "water", "siting", "ranking", "programme"}
"""What coverage adds that follows from travel times or from the roads there are."""
LAYERS = ["settlements", "county", "roads", "dem", "clinics", "landslides", "survey", "red_line", "rivers", "places"]


@cache
def sample_documents():
    plan = PlanConfig.model_validate(
        {
            "name": "示例县",
            "year": 2026,
            "county": "county",
            "roads": "roads",
            "dem": "dem",
            "services": [{"id": "clinic", "label_zh": "卫生室", "label_en": "clinic", "layers": ["clinics"]}],
            "hazards": [{"layer": "landslides", "kind": "landslide", "radius_m": 100, "survey_area": "survey"}],
            "access": {"barriers": ["rivers"]},
            "sites": {"exclusions": ["red_line"], "places": "places"},
        }
    )
    spec = {"path": "x.gpkg", "datum": "cgcs2000", "vintage": "2025", "licence": "own"}
    catalog = Catalog.model_validate({"layers": dict.fromkeys(LAYERS, spec)})
    return Documents(
        plan,
        catalog,
        Path(),
        Path(),
        read_standards("four_level_2015"),
        read_speeds("speeds_cn_2026"),
        read_relocation("hazard_avoidance_2023"),
        read_walking("walking_2026"),
        read_costs("costs_cn_2026"),
        read_water("water_cn_2026"),
    )


def sums(**changed):
    return dict.fromkeys(LAYERS, "0" * 64) | changed


def stale(before, after):
    return {name for name in before if before[name] != after[name]}


def changed_plan(documents, **changes):
    return replace(documents, plan=PlanConfig.model_validate(documents.plan.model_dump() | changes))


def test_a_changed_weight_re_runs_the_score_and_what_follows_from_it():
    documents = sample_documents()
    before = stage_recipes(documents, sums())
    after = stage_recipes(changed_plan(documents, weights={"hazard_index": 0.9}), sums())
    assert stale(before, after) == MOVES


def test_a_new_hazard_survey_re_runs_what_rests_on_hazard():
    documents = sample_documents()
    after = stage_recipes(documents, sums(landslides="1" * 64))
    threatened = {"layers", "checks", "exposure", "treatment", "screening", "sites", "decision"}
    # The ledger takes its costs from the decision; what is to be built does not stand in a threatened place.
    threatened |= {"ledger", "siting"}
    assert stale(stage_recipes(documents, sums()), after) == threatened | MOVES


def test_a_new_road_survey_re_runs_all_but_people_and_hazard():
    documents = sample_documents()
    after = stage_recipes(documents, sums(roads="1" * 64))
    assert (
        stale(stage_recipes(documents, sums()), after)
        == {
            "layers",
            "checks",
            "network",
            "access",
            "coverage",
            "sites",
            "decision",
        }
        | AFTER_ROADS
        | MOVES
    )


def test_power_signal_and_compared_lists_do_not_wait_for_roads():
    """Radii and two departments' lists know no road: a road survey leaves `lines` and `comparison` as they are."""
    needs = {stage.name: set(stage.needs) for stage in STAGES}
    assert needs["lines"] == {"demand"}
    assert needs["comparison"] == set()


def test_a_later_year_re_judges_the_deadlines_and_what_is_short():
    documents = sample_documents()
    after = stage_recipes(changed_plan(documents, year=2027), sums())
    assert stale(stage_recipes(documents, sums()), after) == {
        "coverage",
        "checks",
        "decision",
        "ledger",
        "ranking",
    }


@pytest.mark.parametrize("layer", ["settlements", "county"])
def test_whatever_fixes_the_study_area_re_runs_everything(layer):
    documents = sample_documents()
    after = stage_recipes(documents, sums(**{layer: "1" * 64}))
    assert stale(stage_recipes(documents, sums()), after) == {stage.name for stage in STAGES}


def test_a_changed_catalogue_entry_is_a_changed_layer():
    """Mapping a column otherwise changes what the layer says, though its bytes are the same."""
    documents = sample_documents()
    entry = documents.catalog.layers["clinics"].model_copy(update={"columns": {"级别": "level"}})
    catalog = documents.catalog.model_copy(update={"layers": documents.catalog.layers | {"clinics": entry}})
    after = stage_recipes(replace(documents, catalog=catalog), sums())
    assert "access" in stale(stage_recipes(documents, sums()), after)


def test_equal_inputs_give_equal_recipes():
    """Documents read a second time are other objects that say the same."""
    again = sample_documents.__wrapped__()
    assert again is not sample_documents()
    assert stage_recipes(again, sums()) == stage_recipes(sample_documents(), sums())


def test_another_price_re_runs_what_is_priced_and_nothing_else():
    """Serving and moving compared, the ledger's costs, roads to build, budgets of where to build; no gap and no class depends on a price."""
    documents = sample_documents()
    costs = documents.costs.model_copy(update={"horizon_years": documents.costs.horizon_years.model_copy(update={"value": 10.0})})
    assert stale(stage_recipes(documents, sums()), stage_recipes(replace(documents, costs=costs), sums())) == {
        "decision",
        "ledger",
        "programme",
        "siting",
    }


def test_other_draws_of_the_ranking_re_run_the_ranking_only():
    documents = sample_documents()
    after = stage_recipes(changed_plan(documents, coverage={"ranking": {"draws": 500}}), sums())
    assert stale(stage_recipes(documents, sums()), after) == {"ranking"}


def test_another_limit_of_where_to_build_re_runs_that_only():
    documents = sample_documents()
    asked = {"id": "more", "service": "clinic", "model": "mclp", "within_min": 30, "facilities": 2}
    after = stage_recipes(changed_plan(documents, coverage={"siting": [asked]}), sums())
    assert stale(stage_recipes(documents, sums()), after) == {"siting"}


def test_another_travel_limit_re_runs_the_allocation_only():
    documents = sample_documents()
    after = stage_recipes(changed_plan(documents, allocation={"travel_limit_min": 30}), sums())
    assert stale(stage_recipes(documents, sums()), after) == {"allocation"}


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(LAYERS), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_any_layer_touches_some_stage(name, checksum):
    documents = sample_documents()
    before = stage_recipes(documents, sums())
    after = stage_recipes(documents, sums(**{name: checksum}))
    assert bool(stale(before, after)) == (checksum != "0" * 64)


def test_stages_come_after_what_they_need():
    seen = set()
    for stage in STAGES:
        assert set(stage.needs) <= seen
        seen.add(stage.name)


def test_the_digest_of_a_room_differs_between_rooms_and_repeats():
    assert digest_room("access") == digest_room("access")
    assert digest_room("access") != digest_room("coverage")
    assert digest_room("units") != digest_room("errors")


def test_a_canonical_digest_ignores_the_order_of_keys():
    assert digest_json({"a": 1, "b": [1, 2]}) == digest_json({"b": [1, 2], "a": 1})
    assert digest_json({"a": [1, 2]}) != digest_json({"a": [2, 1]})
