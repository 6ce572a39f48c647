"""What the profiles that come with geoplan claim, and of which document."""

from __future__ import annotations

import re

import pytest

from geoplan.contracts.columns import COLUMNS, ROAD_CLASSES, SURFACES
from geoplan.contracts.tables import GAPS, ROLL_UP, check_table
from geoplan.coverage import compute_coverage, item_by_id, items_due, items_of_level, services_asked, tabulate_standards
from geoplan.errors import ConfigError
from geoplan.io.documents import read_standards

PRESETS = ["four_level_2015", "hazard_avoidance_standards_2023"]
FOUR_LEVELS = {
    "township": {"township_central_school", "township_hospital", "township_service_centre", "township_kindergarten"},
    "village": {"village_hardened_road", "village_clinic", "village_culture_room", "village_broadband", "village_bus_stop"},
    "group": {"group_road", "group_production_power", "group_production_water"},
    "household": {"household_safe_water", "household_power", "household_tv"},
}


@pytest.mark.parametrize("name", PRESETS)
def test_no_minute_and_no_metre_is_called_cited(name):
    """The documents seen name things and years, never a travel time or a distance."""
    for item in read_standards(name).items:
        assert item.source
        if item.unit in ("min", "m"):
            assert item.status in ("secondary", "convention"), item.id
        if item.status == "cited":
            assert item.measure in ("presence", "attribute"), item.id
            assert item.clause, item.id


@pytest.mark.parametrize("name", PRESETS)
def test_items_speak_the_shared_vocabulary(name):
    for item in read_standards(name).items:
        assert re.search(r"[一-鿿]", item.label_zh)
        assert item.remedy_zh
        assert item.remedy_en
        assert set(item.surfaces) <= set(SURFACES)
        assert set(item.classes) <= set(ROAD_CLASSES)
        if item.column is not None and item.column != "production_water_share":
            assert item.column in COLUMNS, item.id


def test_four_levels_are_those_of_the_document():
    """广元决定 二(二), with the kindergarten of 三(六) and the bus stop of 三(三)."""
    profile = read_standards("four_level_2015")
    for level, ids in FOUR_LEVELS.items():
        asked = {item.id for item in items_of_level(profile, level) if item.deadline is not None}
        assert asked == ids


def test_deadlines_are_those_of_the_document():
    """Kindergartens 2017, hospitals and village clinics 2019, everything else 2020."""
    profile = read_standards("four_level_2015")
    assert {item.id for item in items_due(profile, year=2016)} == set()
    assert {item.id for item in items_due(profile, year=2017)} == {"township_kindergarten"}
    assert {item.id for item in items_due(profile, year=2019)} == {"township_kindergarten", "township_hospital", "village_clinic"}
    assert {item.id for item in items_due(profile, year=2020)} == set().union(*FOUR_LEVELS.values())


def test_broadband_is_the_only_share_below_one():
    """60% of households have broadband; 户有 means every household."""
    shares = {item.id: item.threshold for item in read_standards("four_level_2015").items if item.measure == "attribute"}
    assert shares.pop("village_broadband") == 0.6
    assert set(shares.values()) == {1.0}


def test_relocation_profile_borrows_no_deadline():
    """The years of 应搬 and 愿搬 are years of moving, not of services."""
    assert items_due(read_standards("hazard_avoidance_standards_2023"), year=2100) == ()


def test_services_are_named_once_in_order():
    services = services_asked(read_standards("hazard_avoidance_standards_2023"))
    assert services == ("seat", "hospital", "clinic", "primary_school", "water")


def test_unknown_item_names_the_known_ones():
    with pytest.raises(ConfigError, match=r"STANDARD-MISSING.*clinic_30min"):
        item_by_id(read_standards("four_level_2015"), "clinic_31min")
    assert item_by_id(read_standards("four_level_2015"), "clinic_30min").threshold == 30.0


def test_table_prints_status_beside_every_figure():
    profile = read_standards("four_level_2015")
    table = tabulate_standards(profile)
    assert table["item"].tolist() == [item.id for item in profile.items]
    assert table.set_index("item").loc["clinic_30min", ["threshold", "unit", "status"]].tolist() == [30.0, "min", "convention"]
    assert table["deadline"].isna().sum() == sum(item.deadline is None for item in profile.items)


@pytest.mark.parametrize("name", PRESETS)
def test_bare_county_is_unknown_wherever_nothing_was_asked(county, name):
    """Only clinic times and roads are here: every other item is unknown for all 200 people."""
    profile = read_standards(name)
    result = compute_coverage(county.make_demand(), county.make_access(), profile, year=2020)
    assert len(result.gaps) == 4 * len(profile.items)
    known = {i.id for i in profile.items if i.measure == "road_access" or (i.service == "clinic" and i.measure == "travel_time")}
    table = result.county.set_index("item")
    assert (table.loc[~table.index.isin(known), "unknown_persons"] == 200.0).all()
    assert (table.loc[list(known), "unknown_persons"] == 0.0).all()


@pytest.mark.parametrize("name", PRESETS)
def test_results_keep_the_contract_of_their_tables(county, name):
    """Gaps and roll-ups pass the shared schemas: states, sums, one row per settlement and item."""
    result = compute_coverage(county.make_demand(), county.make_access(), read_standards(name), year=2020)
    check_table(result.gaps, GAPS)
    for table in (result.groups, result.villages, result.townships, result.county):
        check_table(table, ROLL_UP)
