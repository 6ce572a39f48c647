"""A plan binds documents to stages: it stores, reads once, refuses what changed under it, and says what it followed."""

from __future__ import annotations

import shutil

import pytest

from geoplan.errors import ConfigError, StageError
from geoplan.plan import Plan


@pytest.fixture
def county(root, tmp_path):
    shutil.copytree(root / "layers" / "demo", tmp_path / "demo", ignore=shutil.ignore_patterns(".geoplan-cache"))
    return tmp_path / "demo" / "county.yaml"


def test_a_layer_written_to_during_the_run_stops_it(county, tmp_path):
    """The recipe names the bytes before; what was read is other bytes: the result would be filed under a wrong name."""
    execution = Plan.from_yaml(county, cache=tmp_path / "cache").begin()
    stops = county.parent / "bus_stops.csv"
    lines = stops.read_bytes().splitlines(keepends=True)
    stops.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(StageError) as caught:
        execution.result("layers")
    assert caught.value.code == "LAYER-CHANGED"
    assert "bus_stops" in caught.value.ids
    assert not (tmp_path / "cache" / "layers").exists()


def test_changes_make_another_plan_and_leave_this_one(county):
    plan = Plan.from_yaml(county)
    other = plan.with_changes(year=2030, standards="hazard_avoidance_standards_2023")
    assert plan.documents.plan.year == 2026
    assert other.documents.plan.year == 2030
    assert other.documents.standards.id == "hazard_avoidance_standards_2023"
    assert plan.documents.standards.id == "four_level_2015"


def test_a_change_that_breaks_the_model_is_refused(county):
    with pytest.raises(ConfigError, match="year"):
        Plan.from_yaml(county).with_changes(year="soon")
    with pytest.raises(ConfigError, match="colour"):
        Plan.from_yaml(county).with_changes(colour="red")


def test_a_damaged_cache_entry_is_made_anew(county, tmp_path):
    plan = Plan.from_yaml(county, cache=tmp_path / "cache")
    first = plan.begin().result("layers")
    entry = next((tmp_path / "cache" / "layers").iterdir())
    next(entry.glob("*.parquet")).write_bytes(b"garbage")
    execution = plan.begin()
    again = execution.result("layers")
    assert execution.cached["layers"] is False
    assert again.vectors["settlements"].equals(first.vectors["settlements"])
