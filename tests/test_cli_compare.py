"""`geoplan compare`: what a scenario changes, in people, and the folder it is written to."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner

from geoplan.cli import app
from geoplan.contracts.scenario import Scenario


@pytest.fixture(scope="module")
def compared(root, demo_result, tmp_path_factory):
    """The demo county with a flood round its most populous settlement in the wet season, compared once."""
    folder = tmp_path_factory.mktemp("flood")
    frame = demo_result.demand.settlements
    drowned = frame.loc[frame["persons"].idxmax()]
    water = gpd.GeoSeries([drowned.geometry.buffer(250)], crs=frame.crs).to_crs(4326)
    water.to_file(folder / "flood.geojson")
    text = "name: 河水上涨\nname_en: flood\nseasons: [wet]\nfloods: [flood.geojson]\n"
    (folder / "flood.yaml").write_text(text, encoding="utf-8")
    plan, kept = root / "layers" / "demo" / "county.yaml", demo_result.plan.cache_folder
    arguments = [str(plan), str(folder / "flood.yaml"), "--cache", str(kept)]
    done = CliRunner().invoke(app, ["compare", *arguments, "--out", str(folder / "out")])
    assert done.exit_code == 0, done.output
    return folder, done.output, drowned, arguments


def test_the_flooded_are_cut_off_in_the_wet_season_alone(compared):
    folder, told, drowned, _ = compared
    changes = pd.read_parquet(folder / "out" / "changes.parquet")
    assert set(changes.loc[changes["season"] == "dry", "change"]) <= {"same", "unknown"}
    own = changes[
        (changes["settlement_id"] == drowned["settlement_id"]) & (changes["season"] == "wet") & (changes["status_a"] == "ok")
    ]
    assert len(own)
    assert set(own["change"]) == {"lost"}
    assert "faster" not in set(changes["change"])
    assert told.startswith("河水上涨\n")
    assert "(雨季)" in told
    assert "(旱季)" not in told
    assert "人中断" in told


def test_people_add_up_for_every_service_and_season(compared, demo_result):
    people = pd.read_csv(compared[0] / "out" / "people.csv")
    totals = people.groupby(["service", "season"])[["settlements", "persons"]].sum()
    assert (totals["settlements"] == len(demo_result.demand.settlements)).all()
    assert totals["persons"].to_numpy() == pytest.approx(demo_result.demand.settlements["persons"].sum(), abs=0.1)


def test_the_folder_holds_points_to_look_at_and_the_scenario_itself(compared):
    out = compared[0] / "out"
    points = gpd.read_file(out / "changed.geojson")
    assert set(points.geom_type) == {"Point"}
    assert {"lost"} <= set(points["change"])
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert Scenario.model_validate(manifest["scenario"]).seasons == ["wet"]


def test_a_scenario_that_cannot_be_followed_is_refused_before_anything_runs(compared, tmp_path):
    (tmp_path / "bad.yaml").write_text("name: x\nclose:\n  - {road_ids: [nowhere]}\n", encoding="utf-8")
    arguments = [compared[3][0], str(tmp_path / "bad.yaml"), *compared[3][2:]]
    done = CliRunner().invoke(app, ["compare", *arguments])
    assert done.exit_code == 2
    assert "SCENARIO-ROAD" in done.output


def test_an_empty_scenario_changes_nothing(demo_result):
    """Bit for bit: the same minutes, the same facilities."""
    found = demo_result.compare(Scenario(name="", seasons=["dry"], slow=[{"road_classes": ["motorway"], "factor": 1.0}]))
    assert set(found["change"]) <= {"same", "unknown"}
    assert (found["difference_min"].dropna() == 0).all()
    assert not found["other_facility"].any()
