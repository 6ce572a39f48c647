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
    "township": {
        "township_central_school",
        "township_kindergarten",
        "township_kindergarten_seats",
        "township_hospital",
        "township_gps",
        "township_service_centre",
        "township_bus_station",
    },
    "village": {
        "village_hardened_road",
        "village_clinic",
        "village_clinic_standard",
        "village_clinic_doctor",
        "village_culture_room",
        "village_sports_ground",
        "village_broadband",
        "village_networks",
        "village_bus_stop",
    },
    "group": {"group_road", "group_production_power", "group_production_water"},
    "household": {"household_safe_water", "household_power", "household_tv"},
}
IN_2017 = {"township_kindergarten", "township_kindergarten_seats"}
IN_2019 = {
    "township_hospital",
    "township_gps",
    "village_clinic",
    "village_clinic_standard",
    "village_clinic_doctor",
    "village_sports_ground",
}


@pytest.mark.parametrize("name", PRESETS)
def test_no_minute_and_no_metre_is_called_cited(name):
    """The documents seen name things and years, never a travel time or a distance."""
    for item in read_standards(name).items:
        assert item.source
        if item.unit in ("min", "m"):
            assert item.status in ("secondary", "convention"), item.id
        if item.status == "cited":
            assert item.measure in ("presence", "attribute", "ratio"), item.id
            assert item.clause, item.id


@pytest.mark.parametrize("name", PRESETS)
def test_items_speak_the_shared_vocabulary(name):
    for item in read_standards(name).items:
        assert re.search(r"[一-鿿]", item.label_zh)
        assert item.remedy_zh
        assert item.remedy_en
        assert set(item.surfaces) <= set(SURFACES)
        assert set(item.classes) <= set(ROAD_CLASSES)
        for column in (item.column, item.amount, *item.require):
            assert column is None or column in COLUMNS, item.id


def test_four_levels_are_those_of_the_document():
    """广元决定 二(二), and what 三(三), 三(五)–(八) put a year to."""
    profile = read_standards("four_level_2015")
    for level, ids in FOUR_LEVELS.items():
        asked = {item.id for item in items_of_level(profile, level) if item.deadline is not None}
        assert asked == ids


def test_deadlines_are_those_of_the_document():
    """Kindergartens 2017; hospitals, village clinics, their staff and sports grounds 2019; everything else 2020."""
    profile = read_standards("four_level_2015")
    assert {item.id for item in items_due(profile, year=2016)} == set()
    assert {item.id for item in items_due(profile, year=2017)} == IN_2017
    assert {item.id for item in items_due(profile, year=2019)} == IN_2017 | IN_2019
    assert {item.id for item in items_due(profile, year=2020)} == set().union(*FOUR_LEVELS.values())


@pytest.mark.parametrize(
    ("named", "item"),
    [
        ("标准中心校", "township_central_school"),
        ("教学点", "village_teaching_point"),
        ("公办幼儿园", "township_kindergarten"),
        ("入园率", "township_kindergarten_seats"),
        ("达标卫生院", "township_hospital"),
        ("村有卫生室", "village_clinic"),
        ("合格的乡村医生", "village_clinic_doctor"),
        ("每万人口有2名全科医生", "township_gps"),
        ("便民服务中心", "township_service_centre"),
        ("村有硬化路", "village_hardened_road"),
        ("撤并村、异地搬迁安置点和新村聚居点", "village_hardened_road"),
        ("组有出行公路", "group_road"),
        ("等级站", "township_bus_station"),
        ("招呼站", "village_bus_stop"),
        ("安全饮水", "household_safe_water"),
        ("生产用水", "group_production_water"),
        ("生活用电", "household_power"),
        ("生产用电", "group_production_power"),
        ("供电半径", "group_power_radius"),
        ("宽带", "village_broadband"),
        ("三网", "village_networks"),
        ("文化室", "village_culture_room"),
        ("健身场地", "village_sports_ground"),
        ("金融便民服务", "village_finance_point"),
        ("广播电视", "household_tv"),
        ("气象自动测报站", "township_weather_station"),
        ("寄宿制", "township_boarding_school"),
    ],
)
def test_everything_the_document_names_is_an_item(named, item):
    """The words of the text stand in the clause of the item."""
    assert named in item_by_id(read_standards("four_level_2015"), item).clause.replace("“", "").replace("”", "")


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
    assert services[:5] == ("seat", "hospital", "clinic", "primary_school", "water")
    assert len(services) == len(set(services))


def test_two_profiles_ask_the_same_ages_and_differ_on_water():
    """2004: 40 litres; the newer text: 35, and 20 in hard areas."""
    old, new = (read_standards(one) for one in PRESETS)
    assert old.age_groups == new.age_groups
    assert item_by_id(old, "household_water_quantity").threshold == 40.0
    assert item_by_id(new, "household_water_quantity").threshold == 35.0
    assert item_by_id(new, "household_water_quantity_hard").threshold == 20.0


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
    by_item = table.set_index("item")
    assert by_item.loc["village_clinic_doctor", "require"] == "doctors>=1"
    assert by_item.loc["township_gps", ["amount", "per_persons"]].tolist() == ["gps", 10000.0]
    assert by_item.loc["grade13_walk_30min", ["age_group", "mode", "walker"]].tolist() == ["grade13", "walk", "child_1_3"]
    assert by_item.loc["clinic_30min", ["age_group", "age_zh", "mode", "walker", "amount"]].tolist() == [""] * 5
    assert by_item["per_persons"].notna().sum() == sum(item.measure == "ratio" for item in profile.items)


@pytest.mark.parametrize("name", PRESETS)
def test_bare_county_is_unknown_wherever_nothing_was_asked(county, name):
    """Only clinic times and roads are here: every other item is unknown for all 200 people, or all of the age it is for."""
    profile = read_standards(name)
    result = compute_coverage(county.make_demand(), county.make_access(), profile, year=2020)
    assert len(result.gaps) == 4 * len(profile.items)
    known = {i.id for i in profile.items if i.measure == "road_access" or (i.service == "clinic" and i.measure == "travel_time")}
    table = result.county.set_index("item")
    others = table[~table.index.isin(known)]
    assert (others["unknown_persons"] == others["persons"]).all()
    assert (table["resident_persons"] == 200.0).all()
    everybody = [item.id for item in profile.items if item.age_group is None]
    assert (table.loc[everybody, "persons"] == 200.0).all()
    assert (table["persons"] > 0.0).all()
    assert (table.loc[list(known), "unknown_persons"] == 0.0).all()


@pytest.mark.parametrize("name", PRESETS)
def test_results_keep_the_contract_of_their_tables(county, name):
    """Gaps and roll-ups pass the shared schemas: states, sums, one row per settlement and item."""
    result = compute_coverage(county.make_demand(), county.make_access(), read_standards(name), year=2020)
    check_table(result.gaps, GAPS)
    for table in (result.groups, result.villages, result.townships, result.county):
        check_table(table, ROLL_UP)
