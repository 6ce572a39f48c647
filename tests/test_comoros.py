"""A real country end to end: real terrain, roads, facilities and people, and no hazard survey."""

from __future__ import annotations

import numpy as np
import pytest

from geoplan.report.offline import assert_offline
from geoplan.report.outputs import write_outputs
from geoplan.report.summary import summarise

pytestmark = [pytest.mark.shared, pytest.mark.slow]


@pytest.fixture(scope="module")
def result(comoros):
    return comoros.run()


def test_the_rasters_people_are_all_somewhere(result):
    """WorldPop's sum, 869,595: on a place, or counted as unplaced because every place is farther than 5 km. Nobody is lost."""
    placed = result.demand.settlements["persons"].sum()
    assert result.demand.raster_persons == pytest.approx(869_595, abs=1)
    assert placed + result.demand.unplaced_persons == pytest.approx(result.demand.raster_persons, rel=1e-9)
    assert result.coverage.county["resident_persons"].to_numpy() == pytest.approx(placed)
    everybody = {one.id for one in result.plan.documents.standards.items if one.age_group is None}
    asked = result.coverage.county.set_index("item")["persons"]
    assert asked[asked.index.isin(everybody)].to_numpy() == pytest.approx(placed)
    assert (asked[~asked.index.isin(everybody)] < placed).all()


def test_every_place_has_a_time_or_a_named_status(result):
    ids = set(result.demand.settlements["settlement_id"])
    times = result.access.times
    for _, rows in times.groupby(["service", "season"]):
        assert set(rows["settlement_id"]) == ids
    ok = times["status"] == "ok"
    assert (times["travel_time_min"].notna() == ok).all()
    assert np.isfinite(times.loc[ok, "travel_time_min"]).all()
    assert set(times["status"]) <= {"ok", "unreachable", "unsnapped", "no_data"}


def test_hazard_that_nobody_mapped_is_unknown_and_never_safe(result):
    assert set(result.exposure.summary["hazard_status"]) == {"no_data"}
    assert result.exposure.summary["hazard_index"].isna().all()
    assert set(result.candidacy.candidacy["relocation_class"]) == {"证据不足"}


def test_no_site_is_offered_where_hazard_is_unknown_and_the_reason_is_given(result):
    assert result.sites.sites.empty
    assert "hazard_unknown" in set(result.sites.exclusions["reason"])
    documents = result.plan.documents
    last = summarise(result, documents.plan, documents.standards, language="en")[-1]
    assert "no usable receiving site" in last
    assert "hazard is not known" in last


def test_three_islands_stay_apart_without_their_ferries(result):
    """In the wet season ferries do not run: the network has more than one component, and none was dropped."""
    assert result.access.report.components >= 3
    assert sum(result.access.report.component_length_m) == pytest.approx(result.access.report.length_m, rel=1e-6)


def test_the_output_folder_opens_with_no_network(result, tmp_path):
    out = write_outputs(result, tmp_path / "out")
    for page in out.rglob("*.html"):
        assert_offline(page.read_text(encoding="utf-8"))
    assert (out / "coverage_map.html").stat().st_size < 3_000_000
