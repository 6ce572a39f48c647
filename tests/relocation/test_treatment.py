"""Which treatment fits: the first row that holds, people by source, what is unknown, and that worse is never treated milder."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from geoplan.contracts.results import ExposureResult
from geoplan.contracts.treatment_profile import TREATMENTS, TreatmentRule
from geoplan.errors import TableError
from geoplan.io.documents import read_relocation
from geoplan.relocation.treatment import apply_rules, choose_treatments, hazard_scale

CITED: dict[str, Any] = {"label_zh": "因", "label_en": "because", "source": "试验文件", "status": "convention"}
WORKS = TreatmentRule(
    id="works", treatment="工程治理", hazard_classes=["high"], persons_from=100, works_yuan_per_person_to=60_000, **CITED
)
MOVE = TreatmentRule(id="move", treatment="避让搬迁", hazard_classes=["extreme", "high"], **CITED)
WATCH = TreatmentRule(id="watch", treatment="监测预警", hazard_classes=["medium", "low"], **CITED)
TABLE = [WORKS, MOVE, WATCH]
CLASSES = ["low", "medium", "high", "extreme"]
KINDS = ["landslide", "rockfall", "debris_flow", "flood", "flash_flood", "fault", "collapse"]


def _exposure(rows: list[tuple[str, str, str, str]]) -> ExposureResult:
    """Rows: (settlement, kind, class or "" for unknown, source)."""
    table = pd.DataFrame(rows, columns=["settlement_id", "hazard_kind", "hazard_class", "source_id"])
    table["status"] = np.where(table["hazard_class"] == "", "no_data", "ok")
    table["source_layer"] = "slides"
    return ExposureResult(table, pd.DataFrame())


def _choose(make: SimpleNamespace, rows: list, persons: list, *, table: Any = TABLE, works: Any = None) -> Any:
    demand = make.demand([(n, 0) for n in range(len(persons))], persons=persons)
    profile = make.profile(("a", 1.0, [(0, 0), (1, 1)]), treatments=table)
    return choose_treatments(_exposure(rows), demand, profile, works=works)


SLIDE = [("s0", "landslide", "high", "h1"), ("s1", "landslide", "high", "h1")]


def test_one_wall_serves_all_below_the_slide_by_hand(make: SimpleNamespace) -> None:
    """40 + 80 people under one slide: 中, and 1.2 million yuan are 10,000 per person: 工程治理 for both. Without works both move."""
    works = pd.DataFrame({"hazard_id": ["h1"], "works_yuan": [1_200_000.0]})
    found = _choose(make, SLIDE, [40.0, 80.0], works=works).treatment
    assert found["treatment"].tolist() == ["工程治理"] * 2
    assert found["scale"].tolist() == ["中"] * 2
    assert found["source_persons"].tolist() == [120.0] * 2
    assert found["persons_threatened"].tolist() == [40.0, 80.0]
    assert found["works_yuan_per_person"].tolist() == [10_000.0] * 2
    assert found["rule"].tolist() == ["works"] * 2
    without = _choose(make, SLIDE, [40.0, 80.0]).treatment
    assert without["treatment"].tolist() == ["避让搬迁"] * 2
    assert without["works_yuan"].isna().all()


def test_people_whose_houses_are_in_the_zone_are_counted_where_they_are_told(make: SimpleNamespace) -> None:
    """Of 400 people 30 live in the zone; of the other place nobody told, so all 80 count: 110, 中."""
    exposure = _exposure(SLIDE)
    counted = ExposureResult(exposure.exposure.assign(exposed_persons=[30.0, np.nan]), exposure.summary)
    demand = make.demand([(0, 0), (1, 0)], persons=[400.0, 80.0])
    found = choose_treatments(counted, demand, make.profile(("a", 1.0, [(0, 0), (1, 1)]), treatments=TABLE)).treatment
    assert found["persons_threatened"].tolist() == [30.0, 80.0]
    assert found["source_persons"].tolist() == [110.0, 110.0]
    assert found["scale"].tolist() == ["中", "中"]


def test_unknown_people_leave_open_only_what_hangs_on_them(make: SimpleNamespace) -> None:
    """At least 40 people: with works it may be either, without works it is 避让搬迁 for any number."""
    works = pd.DataFrame({"hazard_id": ["h1"], "works_yuan": [1_200_000.0]})
    found = _choose(make, SLIDE, [40.0, np.nan], works=works)
    assert found.treatment["treatment"].tolist() == ["", ""]
    assert found.treatment["status"].tolist() == ["no_data"] * 2
    assert found.treatment["scale"].tolist() == ["", ""]
    assert "人数未知" in found.treatment["reason_zh"].iloc[0]
    assert found.summary["status"].tolist() == ["no_data"] * 2
    sure = _choose(make, SLIDE, [40.0, np.nan])
    assert sure.treatment["treatment"].tolist() == ["避让搬迁"] * 2
    assert sure.treatment["source_persons_status"].tolist() == ["no_data"] * 2
    assert "至少 40 人" in sure.treatment["reason_zh"].iloc[0]


def test_unknown_exposure_gets_no_treatment_and_says_so(make: SimpleNamespace) -> None:
    """s0 unknown, s1 in no zone, s2 in no table, s3 known for one kind only."""
    rows = [
        ("s0", "landslide", "", ""),
        ("s1", "landslide", "none", ""),
        ("s3", "landslide", "low", "h3"),
        ("s3", "flood", "", ""),
    ]
    found = _choose(make, rows, [10.0] * 4)
    assert found.summary["settlement_id"].tolist() == ["s0", "s1", "s2", "s3"]
    assert found.summary["treatment"].tolist() == ["", "", "", "监测预警"]
    assert found.summary["status"].tolist() == ["no_data", "ok", "no_data", "no_data"]
    assert found.summary["hazard_kind"].tolist() == ["", "", "", "landslide"]
    assert "不等于安全" in found.summary["reason_zh"].iloc[0]
    assert "not safety" in found.summary["reason_en"].iloc[0]
    assert "洪涝未定,处置不轻于此" in found.summary["reason_zh"].iloc[3]
    assert len(found.treatment) == 5
    assert found.treatment.loc[found.treatment["treatment"] == "", "persons_threatened"].isna().all()


def test_the_strictest_kind_decides_and_moving_away_is_sure_whatever_else(make: SimpleNamespace) -> None:
    rows = [("s0", "landslide", "low", "h1"), ("s0", "flood", "extreme", "h2"), ("s0", "rockfall", "", "")]
    found = _choose(make, rows, [10.0]).summary
    assert found[["treatment", "status", "hazard_kind"]].to_numpy().tolist() == [["避让搬迁", "ok", "flood"]]


def test_a_class_no_row_speaks_of_is_unknown_and_not_nothing(make: SimpleNamespace) -> None:
    for table in ([MOVE], []):
        found = _choose(make, [("s0", "landslide", "low", "h1")], [10.0], table=table)
        assert found.summary["status"].tolist() == ["no_data"]
        assert "无相应条目" in found.summary["reason_zh"].iloc[0]


def test_sources_without_id_are_each_settlements_own(make: SimpleNamespace) -> None:
    """Two places in a flood raster are not threatened by one source of 120 people."""
    rows = [("s0", "flood", "high", ""), ("s1", "flood", "high", "")]
    assert _choose(make, rows, [40.0, 80.0]).treatment["source_persons"].tolist() == [40.0, 80.0]


def test_works_are_told_apart_by_layer_and_refused_when_doubled(make: SimpleNamespace) -> None:
    works = pd.DataFrame({"hazard_id": ["h1", "h1"], "layer": ["slides", "floods"], "works_yuan": [1_200_000.0, 9.9e9]})
    assert _choose(make, SLIDE, [40.0, 80.0], works=works).treatment["works_yuan"].tolist() == [1_200_000.0] * 2
    with pytest.raises(TableError, match="ID-DUPLICATE"):
        _choose(make, SLIDE, [40.0, 80.0], works=works[["hazard_id", "works_yuan"]])
    with pytest.raises(TableError, match="COLUMN-MISSING"):
        _choose(make, SLIDE, [40.0, 80.0], works=works[["hazard_id"]])
    with pytest.raises(TableError, match="NUMBER-NEGATIVE"):
        _choose(make, SLIDE, [40.0, 80.0], works=works.assign(works_yuan=-1.0))


def test_scales_begin_at_their_bound() -> None:
    people = np.array([0.0, 99.0, 100.0, 499.0, 500.0, 999.0, 1000.0, 9e6])
    assert hazard_scale(people, people).tolist() == ["小", "小", "中", "中", "大", "大", "特大", "特大"]
    assert hazard_scale(np.array([50.0, 1000.0]), np.array([np.inf, np.inf])).tolist() == ["", "特大"]


def test_inputs_are_not_changed_and_order_does_not_matter(make: SimpleNamespace) -> None:
    exposure = _exposure(SLIDE[::-1])
    before = exposure.exposure.copy(deep=True)
    demand = make.demand([(0, 0), (1, 0)], persons=[40.0, 80.0])
    profile = make.profile(("a", 1.0, [(0, 0), (1, 1)]), treatments=TABLE)
    found = choose_treatments(exposure, demand, profile)
    pd.testing.assert_frame_equal(exposure.exposure, before)
    pd.testing.assert_frame_equal(found.treatment, choose_treatments(_exposure(SLIDE), demand, profile).treatment)


def test_a_table_that_treats_worse_milder_is_refused(make: SimpleNamespace) -> None:
    """Only where it happens: 高 moves and 极高 is watched, at 500 people and more."""
    wrong = TreatmentRule(id="wrong", treatment="监测预警", hazard_classes=["extreme"], persons_from=500, **CITED)
    with pytest.raises(ValidationError, match="extreme is treated milder than of class high at 500 people"):
        make.profile(("a", 1.0, [(0, 0), (1, 1)]), treatments=[wrong, MOVE, WATCH])
    gap = TreatmentRule(id="gap", treatment="避让搬迁", hazard_classes=["high"], **CITED)
    with pytest.raises(ValidationError, match="of class extreme"):
        make.profile(("a", 1.0, [(0, 0), (1, 1)]), treatments=[gap, WATCH])
    with pytest.raises(ValidationError, match="occur twice"):
        make.profile(("a", 1.0, [(0, 0), (1, 1)]), treatments=[MOVE, MOVE])
    with pytest.raises(ValidationError, match="not below"):
        TreatmentRule(id="x", treatment="避让搬迁", hazard_classes=["high"], persons_from=10, persons_to=10, **CITED)


number = st.one_of(st.sampled_from([0.0, 99.0, 100.0, 499.0, 500.0, 1000.0]), st.floats(0, 3000))
cost = st.one_of(st.none(), st.sampled_from([0.0, 59_999.0, 60_000.0]), st.floats(0, 200_000))


@pytest.mark.parametrize("name", ["hazard_avoidance_2023", "poverty_relocation_2015"])
@settings(deadline=None, max_examples=30)
@given(kind=st.sampled_from(KINDS), least=number, more=st.one_of(st.just(0.0), st.just(np.inf), number), works=cost)
def test_a_worse_class_never_gets_a_milder_treatment(
    name: str, kind: str, least: float, more: float, works: float | None
) -> None:
    """On the preset tables: all else equal, also where only the least number of people is known; and a known case is never left open."""
    rules = read_relocation(name).treatments
    yuan = np.full(4, np.nan if works is None else works)
    persons = np.full(4, least), np.full(4, least + more)
    found = apply_rules(
        rules,
        np.full(4, kind, dtype=object),
        np.array(CLASSES, dtype=object),
        persons=persons,
        works_yuan_per_person=(yuan, yuan),
    )
    told = [TREATMENTS.index(one) for one in found.treatment if one]
    assert told == sorted(told)
    if more == 0:
        assert len(told) == 4
        # A twin written out: the first row that holds.
        for level, treatment in zip(CLASSES, found.treatment, strict=True):
            assert treatment == next(one.treatment for one in rules if one.holds(kind, level, least, works))
    elif len(told) == 4:
        # What stands for a span of people stands for each number in it.
        inside = np.full(4, least + min(more, 5000.0) / 2)
        again = apply_rules(
            rules,
            np.full(4, kind, dtype=object),
            np.array(CLASSES, dtype=object),
            persons=(inside, inside),
            works_yuan_per_person=(yuan, yuan),
        )
        assert again.treatment.tolist() == found.treatment.tolist()


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from([*CLASSES, "none", ""]), st.sampled_from(["h1", "h2", ""]), st.integers(0, 900)),
        min_size=1,
        max_size=8,
    )
)
def test_people_of_a_source_are_those_of_its_settlements(make: SimpleNamespace, rows: list) -> None:
    named = [(f"s{n}", "landslide", level, source) for n, (level, source, _) in enumerate(rows)]
    table = _choose(make, named, [float(row[2]) for row in rows]).treatment
    assert table["settlement_id"].tolist() == [f"s{n}" for n in range(len(rows))]
    for n, (level, source, people) in enumerate(rows):
        if level in CLASSES:
            under = sum(p for one, other, p in rows if one in CLASSES and other == source) if source else people
            assert table["source_persons"].iloc[n] == under
        else:
            assert table["treatment"].iloc[n] == ""
            assert np.isnan(table["source_persons"].iloc[n])
