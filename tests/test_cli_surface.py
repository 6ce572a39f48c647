"""Travel-time rasters from the command line and from a run."""

from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pytest
import rasterio
import yaml


def geoplan(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "geoplan.cli", *map(str, arguments)], capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.fixture(scope="module")
def demo(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("surface")
    shutil.copytree(root / "layers" / "demo", folder / "demo", ignore=shutil.ignore_patterns(".geoplan-cache"))
    return folder


@pytest.mark.slow
def test_a_surface_is_written_and_agrees_with_the_settlements_times(demo, demo_result):
    """The cell a settlement stands in is at most a few minutes from the settlement's own time, and nearly always within one."""
    path = demo / "clinic_wet.tif"
    kept = demo_result.plan.cache_folder
    done = geoplan("surface", demo / "demo" / "county.yaml", "-s", "clinic", "--season", "wet", "--out", path, "--cache", kept)
    assert done.returncode == 0, done.stderr
    with rasterio.open(path) as file:
        settlements = demo_result.demand.settlements
        minutes = np.array([one[0] for one in file.sample(zip(settlements.geometry.x, settlements.geometry.y, strict=True))])
        assert (file.tags()["season"], file.units[0]) == ("wet", "min")
    times = demo_result.access.times.query("service == 'clinic' and season == 'wet'").set_index("settlement_id")
    own = times["travel_time_min"].reindex(settlements["settlement_id"]).to_numpy()
    both = np.isfinite(own) & np.isfinite(minutes)
    assert both.sum() > 1400
    assert np.percentile(np.abs(own - minutes)[both], 90) < 1.5


def test_an_unknown_service_names_those_there_are(demo):
    done = geoplan("surface", demo / "demo" / "county.yaml", "-s", "cinema", "--out", demo / "x.tif")
    assert done.returncode == 2
    assert "SERVICE-UNKNOWN" in done.stderr
    assert "clinic" in done.stderr
    assert not (demo / "x.tif").exists()


@pytest.mark.slow
def test_a_run_writes_the_rasters_its_plan_asks_for(demo, demo_result):
    path = demo / "demo" / "rasters.yaml"
    plan = yaml.safe_load((demo / "demo" / "county.yaml").read_text("utf-8"))
    path.write_text(
        yaml.safe_dump(plan | {"output": {"rasters": ["hospital"], "group_pages": False}}, allow_unicode=True), "utf-8"
    )
    done = geoplan("run", path, "--out", demo / "out", "--cache", demo_result.plan.cache_folder)
    assert done.returncode == 0, done.stderr
    assert sorted(one.name for one in (demo / "out" / "travel_time").iterdir()) == ["hospital_dry.tif", "hospital_wet.tif"]


def test_a_plan_that_asks_for_the_raster_of_no_service_is_refused(demo):
    path = demo / "demo" / "wrong.yaml"
    plan = yaml.safe_load((demo / "demo" / "county.yaml").read_text("utf-8"))
    path.write_text(yaml.safe_dump(plan | {"output": {"rasters": ["cinema"]}}, allow_unicode=True), "utf-8")
    done = geoplan("check", path)
    assert done.returncode == 2
    assert "cinema" in done.stderr
