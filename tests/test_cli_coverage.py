"""Questions about coverage from the command line."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from geoplan.cli_coverage import _read_places
from geoplan.errors import ConfigError


def geoplan(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "geoplan.cli", *map(str, arguments)], capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.fixture(scope="module")
def demo(root, demo_result):
    """Return the plan file and the options by which its results are taken from the cache."""
    return root / "layers" / "demo" / "county.yaml", "--cache", demo_result.plan.cache_folder


@pytest.mark.slow
def test_closing_a_clinic_is_told_in_people_and_written_as_tables(demo, demo_result, tmp_path):
    closed = demo_result.access.times.query("service == 'clinic' and season == 'dry'")["facility_id"].value_counts().index[0]
    done = geoplan("what-if", *demo, "--close", closed, "-s", "clinic", "--within", 20, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    change = demo_result.what_if(close=[closed], service="clinic", within_min=20)
    units = pd.read_parquet(tmp_path / "out" / "what_if_units.parquet")
    pd.testing.assert_frame_equal(units, change.units, check_dtype=False)
    lost = change.units.query("level == 'county' and item == 'village_clinic'")["lost_persons"].iloc[0]
    assert f"{lost:,.0f} 人不再达标" in done.stdout


@pytest.mark.slow
def test_where_to_build_is_told_in_the_order_of_building(demo, tmp_path):
    done = geoplan("site", *demo, "-s", "clinic", "--within", 20, "--facilities", 2, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    sites = pd.read_parquet(tmp_path / "out" / "siting_sites.parquet")
    for one in sites[sites["order"] > 0].itertuples():
        assert f"{one.order}. {one.candidate_id}" in done.stdout


@pytest.mark.slow
def test_a_question_without_an_answer_exits_with_its_code(demo):
    done = geoplan("what-if", *demo, "--close", "nobody")
    assert done.returncode == 2
    assert "WHAT-IF-FACILITY" in done.stderr
    done = geoplan("site", *demo, "-s", "clinic", "--within", 20, "--model", "guess")
    assert done.returncode == 2
    assert "model" in done.stderr


def test_a_place_is_a_settlement_or_two_coordinates():
    assert _read_places(["N1=580000,3570000", "N2=9901"]) == {"N1": (580000.0, 3570000.0), "N2": "9901"}
    for wrong in ("N1", "=9901", "N1=", "N1=a,b"):
        with pytest.raises(ConfigError, match="WHAT-IF-PLACE"):
            _read_places([wrong])
