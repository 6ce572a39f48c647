"""Walking speeds by land cover and by who walks."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from geoplan.contracts.profiles import WalkingProfile
from geoplan.errors import ConfigError
from geoplan.io.documents import read_walking

COPERNICUS = [20, 30, 40, 50, 60, 70, 80, 90, 100, 111, 112, 113, 114, 115, 116, 121, 122, 123, 124, 125, 126, 200]


@pytest.fixture(scope="module")
def walking():
    return read_walking("walking_2026")


@pytest.fixture(scope="module")
def factors(walking):
    return {row.code: row.factor for row in walking.cover}


def test_every_class_of_the_legend_has_a_row(factors):
    """The 22 classes of Copernicus Global Land Cover's discrete legend; unknown (0) takes the default."""
    assert sorted(factors) == COPERNICUS


@pytest.mark.parametrize(
    ("code", "kmh"),
    [
        (20, 3.0),
        (30, 4.86),
        (40, 2.5),
        (50, 5.0),
        (60, 3.0),
        (70, 1.62),
        (90, 2.0),
        (111, 3.24),
        (112, 1.62),
        (114, 4.0),
        (115, 3.24),
    ],
)
def test_classes_are_walked_at_the_speeds_of_the_table_they_cite(factors, code, kmh):
    """At 5 km/h the factors give back Weiss et al.'s kilometres per hour."""
    assert 5.0 * factors[code] == pytest.approx(kmh)


def test_nobody_walks_on_water_and_everybody_on_everything_else(factors):
    """Permanent water and the open sea are impassable."""
    assert [code for code, factor in factors.items() if factor == 0] == [80, 200]


def test_open_forest_lies_half_way_between_closed_forest_and_savanna(factors):
    """Six pairs of classes, 4.86 km/h on savanna."""
    for code in range(111, 117):
        assert 5.0 * factors[code + 10] == pytest.approx((5.0 * factors[code] + 4.86) / 2, abs=0.006)


def test_who_carries_or_is_young_or_old_walks_slower(walking):
    """An adult is the measure; small children are slower than bigger ones; a stretcher is slowest."""
    who = walking.walker_factors
    assert who["adult"] == 1.0
    assert all(factor < 1.0 for name, factor in who.items() if name != "adult")
    assert who["child_1_3"] < who["child_4_6"]
    assert min(who, key=who.__getitem__) == "carrying_patient"
    assert {"elder", "carrying_water"} <= set(who)
    assert who["elder"] == pytest.approx(94.3 / 143.4, abs=0.005)


def test_every_figure_says_where_it_comes_from(walking):
    """Source and state of each row; what is called cited names the place in the text."""
    for row in [*walking.cover, *walking.walkers, walking.default_cited]:
        assert row.source
        assert row.status != "cited" or row.clause


def test_a_county_may_give_its_own_file(tmp_path):
    """By path; labels and sources are needed there too."""
    (tmp_path / "own.yaml").write_text(
        "id: own\nlabel_zh: 本县\nlabel_en: Own\ncover: []\ndefault_factor: 0.9\n"
        "default_cited: {source: timed, status: convention}\n"
        "walkers: [{id: adult, label_zh: 成人, label_en: Adult, factor: 1, source: definition, status: convention}]\n",
        encoding="utf-8",
    )
    assert read_walking("own.yaml", tmp_path).default_factor == 0.9
    with pytest.raises(ConfigError, match="walking_2026"):
        read_walking("no_such_preset")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cover": "double"}, "cover codes occur twice: 20"),
        ({"walkers": "double"}, "walkers occur twice: adult"),
        ({"walkers": []}, "adult"),
        ({"default_factor": 0.0}, "default_factor"),
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(walking, change, message):
    """Doubled rows, no adult, a default nobody could walk at."""
    values = walking.model_dump()
    for key, value in change.items():
        values[key] = [*values[key], values[key][0]] if value == "double" else value
    with pytest.raises(ValidationError, match=message):
        WalkingProfile.model_validate(values)
