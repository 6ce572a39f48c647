"""The rows printed column by column say what a reader who goes cell by cell would read, and no cell becomes markup."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.status import HAZARD_KIND_ZH
from geoplan.report import style
from geoplan.report.page_rows import contribution_lines, hazard_lines, people_words, print_rows
from geoplan.report.payload import gather

HOSTILE = "<script>window.PWNED=4</script>\"'& {{ 7*7 }} </td></table>"


class _Cells(HTMLParser):
    """Collect the text of table cells row by row, and every tag seen."""

    def __init__(self, html: str):
        super().__init__()
        self.rows, self.tags, self.inside = [], set(), False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "td"

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data


def _data(made) -> dict:
    return gather(made.result, plan=made.plan, standards=made.standards, layers=made.layers)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_item_rows_say_state_range_and_cause_of_the_gap_table(small, language: str):
    """Naive twin: for each group and item, look its settlements up in the gap table one by one."""
    data, gaps = _data(small), small.result.coverage.gaps.copy()
    gaps["cause_zh"], gaps["cause_en"] = "因" + gaps["cause"], "by " + gaps["cause"]
    gaps.loc[gaps["cause"] == "", ["cause_zh", "cause_en"]] = ""
    result = replace(small.result, coverage=replace(small.result.coverage, gaps=gaps))
    printed = print_rows(data, result, language).items
    states = small.result.coverage.groups.set_index(["code", "item"])["coverage"]
    values = {one: k for k, one in enumerate(data["settlements"]["id"])}
    for unit, html in zip(data["units"], printed, strict=True):
        rows = _Cells(html).rows
        assert len(rows) == len(data["items"])
        for k, (item, row) in enumerate(zip(data["items"], rows, strict=True)):
            own = gaps[(gaps.group_code == unit["c"]) & (gaps["item"] == item["id"])]
            state = states.get((unit["c"], item["id"]), "empty")
            assert row[0] == style.label(style.STATE_LABELS[state], language)
            known = [data["settlements"]["v"][values[one]][k] for one in own.settlement_id]
            known = [one for one in known if one is not None]
            ends = [style.format_rounded(one, item["unit"], language) for one in (min(known), max(known))] if known else ["–"]
            assert row[2] == " – ".join(dict.fromkeys(ends))
            named = [one for one in dict.fromkeys(own[f"cause_{language}"]) if one] if state != "covered" else []
            assert row[5].startswith(("；" if language == "zh" else "; ").join(named))
            assert (item["rzh" if language == "zh" else "ren"] in row[5]) == (state in ("gap", "unreachable"))


def test_every_exposure_and_contribution_row_is_printed_once_under_its_settlement(small):
    data = _data(small)
    for unit, html in zip(data["units"], print_rows(data, small.result, "zh").settlements, strict=True):
        settlements, exposure, contributions = (
            small.result.demand.settlements,
            small.result.exposure.exposure,
            small.result.candidacy.contributions,
        )
        inside = settlements.loc[settlements.group_code == unit["c"], "settlement_id"]
        hazards, added = exposure[exposure.settlement_id.isin(inside)], contributions[contributions.settlement_id.isin(inside)]
        body = [row for row in _Cells(html).rows if row]
        assert [row[0] for row in body if len(row) == 4 and row[0] in HAZARD_KIND_ZH.values()] == [
            HAZARD_KIND_ZH[one] for one in hazards.hazard_kind
        ]
        assert [row[0] for row in body if row[0] in set(added.reason_zh)] == added.reason_zh.tolist()
        assert len(body) == len(hazards) + len(added)


def test_text_from_data_stays_text_in_every_printed_cell(small):
    """Reasons, causes, source ids, hazard kinds and item labels are data like any name."""
    gaps = small.result.coverage.gaps.assign(cause_zh=HOSTILE)
    exposure = small.result.exposure.exposure.assign(source_id=HOSTILE, status="ok", vintage=HOSTILE)
    contributions = small.result.candidacy.contributions.assign(reason_zh=HOSTILE)
    candidacy = small.result.candidacy.candidacy.assign(reason_zh=HOSTILE)
    items = [
        one.model_copy(update={"label_zh": HOSTILE, "source": HOSTILE, "remedy_zh": HOSTILE}) for one in small.standards.items
    ]
    standards = small.standards.model_copy(update={"items": items})
    result = replace(
        small.result,
        coverage=replace(small.result.coverage, gaps=gaps),
        exposure=replace(small.result.exposure, exposure=exposure),
        candidacy=replace(small.result.candidacy, contributions=contributions, candidacy=candidacy),
    )
    data = gather(result, plan=small.plan, standards=standards, layers=small.layers)
    rows = print_rows(data, result, "zh")
    for html in (rows.items[0], rows.settlements[0]):
        page = _Cells(f"<table>{html}")
        assert not page.tags & {"script", "img", "i"}
        assert sum(HOSTILE in cell for row in page.rows for cell in row) >= 4


def test_a_hazard_that_was_not_surveyed_is_unknown_and_never_none():
    """One flood row without data, one landslide row 420.4 m off."""
    frame = pd.DataFrame(
        {
            "hazard_kind": ["flood", "landslide"], "status": ["no_data", "ok"], "hazard_class": ["", "none"],
            "distance_m": [np.nan, 420.4], "source_layer": ["", "landslides"], "source_id": ["", "H-1"], "vintage": ["", "2024"],
        }
    )  # fmt: skip
    rows = _Cells("<table>" + "".join(hazard_lines(frame, "en"))).rows
    assert rows == [["flood", "not surveyed: unknown", "–", ""], ["landslide", "none", "420 m", "landslides H-1 2024"]]


def test_a_contribution_that_is_not_known_is_a_dash_not_a_zero():
    frame = pd.DataFrame(
        {"reason_zh": ["a", "b"], "points": [np.nan, 0.0], "weight": [0.5, 0.25], "contribution": [np.nan, 0.1236]}
    )
    rows = _Cells("<table>" + "".join(contribution_lines(frame, "zh"))).rows
    assert rows == [["a", "–", "0.500", "–"], ["b", "0.00", "0.250", "0.124"]]


@pytest.mark.parametrize(
    ("counts", "digit", "uncounted", "words"),
    [
        ((53, 0, 0, 0), "0", 0, "covered 53"),
        ((53, 0, 0, 0), "1", 0, "covered 53 · gap (less than 1)"),
        ((53, 0, 0, 0), "1", 1, "covered 53 · gap (people not known)"),
        ((50, 3, 0, 0), "1", 0, "covered 50 · gap 3"),
        ((0, 0, 0, 0), ".", 0, "–"),
    ],
)
def test_a_gap_of_less_than_one_person_is_said_not_hidden(counts, digit: str, uncounted: int, words: str):
    """4% of the households of a hamlet of eight are 0.32 people: they round to nobody, yet the item is not met."""
    assert people_words(counts, digit, uncounted, "en") == words


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 9000), min_size=4, max_size=4), st.sampled_from("0123."))
def test_the_people_printed_add_up_to_all_people(counts: list[int], digit: str):
    words = people_words(counts, digit, 0, "zh")
    printed = [int(one.replace(",", "")) for one in words.split() if one.replace(",", "").isdigit() and one != "1"]
    few = "不足 1 人" in words
    assert sum(printed) == sum(counts) - counts.count(1)
    assert few == (digit in "123" and counts[int(digit)] == 0)
