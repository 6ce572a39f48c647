"""What the relocation map is given: columns, links, whole people that add up, sentences once, pictures of ruled-out ground."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from geoplan.contracts.status import RelocationClass
from geoplan.errors import ConfigError
from geoplan.report.encoding import encode_json
from geoplan.report.exclusion_images import describe_exclusions, encode_mask
from geoplan.report.payload import CLASSES, gather
from geoplan.report.relocation_parts import MOVES, RelocationParts, balance_people, take_parts
from geoplan.report.relocation_payload import Sentences, gather_relocation
from geoplan.report.relocation_words import format_yuan, site_page_name


@pytest.fixture(scope="module")
def scene(small, relocated):
    county = gather(small.result, plan=small.plan, standards=small.standards, layers=small.layers)
    return relocated.result, relocated.parts, gather_relocation(relocated.result, relocated.parts, county)


def test_every_column_of_settlements_has_one_value_per_settlement(scene):
    result, _, data = scene
    table = data["settlements"]
    assert {len(column) for column in table.values()} == {len(result.demand.settlements)}
    assert table["id"] == result.demand.settlements["settlement_id"].tolist()
    json.loads(encode_json(data))


def test_moves_and_sites_are_those_of_the_allocation_read_row_by_row(scene):
    """Naive twin: look every settlement up in the contract's tables."""
    result, parts, data = scene
    given, table = parts.allocation.settlements.set_index("settlement_id"), data["settlements"]
    candidacy = result.candidacy.candidacy.set_index("settlement_id")
    for k, one in enumerate(table["id"]):
        row = given.loc[one]
        assert MOVES[table["m"][k]] == row["move"]
        assert (data["sites"][table["t"][k]]["i"] if table["t"][k] >= 0 else "") == row["site_id"]
        assert table["mn"][k] == (None if np.isnan(row["travel_min"]) else pytest.approx(row["travel_min"], abs=0.051))
        assert data["texts"][table["r"][k]] == [row["reason_zh"], row["reason_en"]]
        assert CLASSES[table["c"][k]] == candidacy.loc[one, "relocation_class"]
        stays = candidacy.loc[one, "relocation_class"] == RelocationClass.STAY.value
        assert (table["cr"][k] == -1) == stays


def test_chances_are_whole_thousandths_that_sum_to_a_thousand(scene):
    _, parts, data = scene
    raw = parts.certainty.settlements[["p_must", "p_suggest", "p_stay", "p_undecided"]].to_numpy() * 1000
    q = np.array(data["settlements"]["q"])
    assert (q.sum(axis=1) == 1000).all()
    assert np.abs(q - raw).max() < 1.0


def test_the_people_of_the_box_equal_the_tables_and_all_people(scene):
    result, parts, data = scene
    balance, table = data["balance"], parts.allocation.settlements
    exact = table.groupby("move")["persons"].sum().reindex(list(MOVES)).fillna(0.0)
    assert np.abs(np.array(balance["persons"]) - exact.to_numpy()).max() < 1.0
    assert sum(balance["persons"]) == balance["total"] == balance["county"] == round(result.demand.settlements["persons"].sum())
    assert np.array(balance["by_class"]).sum(axis=0).tolist() == list(balance["persons"])
    assert sum(balance["settlements"]) == len(table)
    assert balance["uncounted"] == table["persons"].isna().sum() == 1
    assert [one["p"] for one in data["sites"] if one["o"]] == pytest.approx(
        parts.allocation.sites.query("opened")["persons"].tolist(), abs=0.5
    )


def test_people_the_allocation_forgot_are_told_not_hidden(scene):
    result, parts, _ = scene
    table = parts.allocation.settlements
    lost = int(np.flatnonzero(table["persons"].notna())[0])
    fewer = replace(parts.allocation, settlements=table.drop(index=lost))
    balance = balance_people(fewer, result.demand)
    assert not balance.is_whole
    assert balance.county - balance.total == round(table["persons"].iloc[lost])
    assert balance_people(parts.allocation, result.demand).is_whole


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.floats(0, 500), st.sampled_from([*MOVES, "strange"]), st.sampled_from([*CLASSES, None])),
        min_size=1,
        max_size=20,
    )
)
def test_whole_people_add_up_whatever_the_parts(rows):
    """1.5 + 1.5 are 2 + 1; a move nobody knows counts as undecided."""
    persons, moves, classes = zip(*rows, strict=True)
    ids = [str(k) for k in range(len(rows))]
    table = pd.DataFrame({"settlement_id": ids, "persons": persons, "move": moves})
    candidacy = pd.DataFrame({"settlement_id": ids, "relocation_class": classes})
    demand = type("Demand", (), {"settlements": table, "unplaced_persons": 0.0})
    balance = balance_people(type("Allocation", (), {"settlements": table}), demand, candidacy, classes=tuple(CLASSES))
    assert sum(balance.persons) == balance.total == np.floor(sum(persons) + 0.5)
    assert np.array(balance.by_class).sum() == balance.total
    assert balance.settlements[3] == sum(one in ("undecided", "strange") for one in moves)


def test_without_certainty_costs_and_groups_the_map_says_nothing_of_them(small, scene):
    result, parts, whole = scene
    county = gather(small.result, plan=small.plan, standards=small.standards, layers=small.layers)
    bare = gather_relocation(small.result, RelocationParts(allocation=parts.allocation), county)
    assert not {"q", "v", "tr"} & set(bare["settlements"])
    assert bare["links"] == bare["batches"] == []
    assert all("f" not in one for one in bare["units"])
    assert bare["balance"] == whole["balance"]
    with pytest.raises(ConfigError, match="RELOCATION-ABSENT"):
        gather_relocation(result, RelocationParts(), county)


def test_parts_are_taken_from_a_result_that_carries_them(small, scene):
    _, parts, _ = scene
    carrying = type("Result", (), {"allocation": parts.allocation, "certainty": None})
    assert take_parts(carrying).allocation is parts.allocation
    assert take_parts(carrying).certainty is take_parts(carrying).decision is None


def test_a_sentence_is_written_once():
    told = Sentences()
    assert told.number(["甲", "", "甲", "乙"], ["a", "", "a", "a"]) == [0, -1, 0, 1]
    assert told.pairs == [("甲", "a"), ("乙", "a")]


def test_ruled_out_ground_is_drawn_where_it_lies_and_told_with_the_tables_area(scene):
    """The south-west quarter of the county is steep: the picture is filled and spans exactly that quarter."""
    result, _, data = scene
    steep, red_line, far = data["exclusions"]
    quarter = result.sites.exclusion_maps.to_crs(4326).total_bounds
    assert steep["a"] == round(result.sites.exclusions["excluded_area_m2"].iloc[0])
    assert steep["b"] == pytest.approx(quarter, abs=2e-6)
    picture = np.array(Image.open(io.BytesIO(base64.b64decode(steep["uri"].split(",")[1]))).convert("RGBA"))
    assert (picture[..., 3] > 0).mean() > 0.97
    assert red_line["uri"] == far["uri"] == ""
    assert far["a"] == 2_500_000
    assert describe_exclusions(replace_maps(result, None))[0]["uri"] == ""


def replace_maps(result, maps):
    """Return the sites with other maps."""
    return type("Sites", (), {"sites": result.sites.sites, "exclusions": result.sites.exclusions, "exclusion_maps": maps})


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_mask_comes_back_from_its_picture(rows: int, cols: int, seed: int):
    mask = np.random.default_rng(seed).random((rows, cols)) < 0.5
    picture = Image.open(io.BytesIO(base64.b64decode(encode_mask(mask, "#b2182b").split(",")[1]))).convert("RGBA")
    pixels = np.array(picture)
    assert pixels.shape[:2] == mask.shape
    assert ((pixels[..., 3] > 0) == mask).all()
    assert (pixels[mask][:, :3] == [0xB2, 0x18, 0x2B]).all()


def test_pages_of_two_sites_never_share_a_name_on_a_disk_that_ignores_case():
    names = [site_page_name(one) for one in ("P1", "p1", "index", "CON", "../P1", "", "P1 ", "1")]
    assert len({one.lower() for one in names}) == len(names)
    assert all(one.replace("_", "").replace("-", "").replace(".html", "").isalnum() for one in names)


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [(0.0, "0 元", "0 yuan"), (9_999.6, "10,000 元", "10,000 yuan"), (-3_982_000.0, "−398.2 万元", "−3.98 million yuan"),
     (6.12e8, "6.12 亿元", "612 million yuan"), (None, "–", "–")],
)  # fmt: skip
def test_money_is_told_in_the_units_people_use(value, zh: str, en: str):
    assert (format_yuan(value), format_yuan(value, "en")) == (zh, en)
