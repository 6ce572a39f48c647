"""Colours tell apart for everybody; numbers are printed with units, and rounding keeps totals."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoplan.contracts.columns import ROAD_CLASSES
from geoplan.contracts.status import Coverage, HazardClass, RelocationClass
from geoplan.report import style
from geoplan.report.assets import read_asset, translate_template

# Machado, Oliveira & Fernandes (2009), severity 1.0, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}


def _lab(colour: str, vision: str) -> np.ndarray:
    """Return CIE L*a*b* (D65) of a hex colour as the given vision sees it."""
    rgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(VISION[vision] @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ seen / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def _difference(a: str, b: str, vision: str) -> float:
    return float(np.linalg.norm(_lab(a, vision) - _lab(b, vision)))


def test_the_yardstick_itself_knows_that_deuteranopes_confuse_red_and_green():
    """#d7191c and #4f8a2f differ by > 80 for normal vision and by < 40 for deuteranopes: the measure would catch a traffic light."""
    assert _difference("#d7191c", "#4f8a2f", "normal") > 80
    assert _difference("#d7191c", "#4f8a2f", "deuteranopia") < 40


@pytest.mark.parametrize("vision", list(VISION))
@pytest.mark.parametrize(
    "colours",
    [
        [style.STATE_COLOURS[one] for one in style.STATES],
        list(style.RELOCATION_COLOURS.values()),
        [style.STATE_COLOURS["covered"], *style.COUNT_COLOURS],
    ],
    ids=["states", "relocation", "counts"],
)
def test_colours_of_one_legend_differ_by_twenty_or_more_for_every_vision(colours: list[str], vision: str):
    assert min(_difference(a, b, vision) for a, b in itertools.combinations(colours, 2)) >= 20


def test_states_also_differ_in_lightness_on_a_grey_printer():
    light = [_lab(style.STATE_COLOURS[one], "normal")[0] for one in ("unknown", "covered", "gap", "unreachable")]
    assert min(a - b for a, b in itertools.pairwise(light)) > 7


def test_every_state_class_and_road_has_a_colour_and_labels_in_both_languages():
    assert set(style.STATES) == {str(one) for one in Coverage}
    assert set(style.STATE_LABELS) == set(style.STATE_COLOURS)
    assert list(style.RELOCATION_COLOURS) == [str(one) for one in RelocationClass]
    assert set(style.ROAD_COLOURS) == set(ROAD_CLASSES)
    assert {str(one) for one in HazardClass} <= set(style.HAZARD_CLASS_LABELS)
    assert all(zh and en for zh, en in style.STATE_LABELS.values())


@pytest.mark.parametrize(
    ("value", "unit", "language", "text"),
    [
        (41.96, "min", "zh", "42.0 分钟"),
        (1234.4, "m", "en", "1,234 m"),
        (0.856, "share", "zh", "85.6%"),
        (2.0, "count", "zh", "2 处"),
        (float("nan"), "min", "zh", "–"),
        (0.0, "m", "en", "0 m"),
    ],
)
def test_values_are_printed_with_their_unit_and_missing_is_a_dash_not_zero(value: float, unit: str, language: str, text: str):
    assert style.format_value(value, unit, language) == text


def test_counts_round_half_up_with_separators():
    assert [style.format_count(one) for one in (1234.5, 0.4, float("nan"), None)] == ["1,235", "0", "–", "–"]


def test_largest_remainder_by_hand():
    """[1.5, 1.5, 0, 0] is 3 people: one part is lifted, the first; [0.3, 0.3, 0.4, 0] is 1 person: the 0.4."""
    rounded = style.round_keeping_total(np.array([[1.5, 1.5, 0.0, 0.0], [0.3, 0.3, 0.4, 0.0], [2.0, 0.0, 0.0, 5.0]]))
    assert rounded.tolist() == [[2, 1, 0, 0], [0, 0, 1, 0], [2, 0, 0, 5]]


@settings(deadline=None, max_examples=80)
@given(arrays(np.float64, (5, 4), elements=st.floats(0, 1e5, allow_subnormal=False)))
def test_rounded_parts_add_up_to_the_rounded_total_and_move_by_less_than_one(parts: np.ndarray):
    rounded = style.round_keeping_total(parts)
    assert (rounded.sum(axis=1) == np.floor(parts.sum(axis=1) + 0.5)).all()
    assert (np.abs(rounded - parts) < 1).all()


def test_parts_can_be_led_to_a_total_given_from_above():
    """[0.4, 0.4] is 0.8 people: rounded down to 0 or up to 1 as the total above it demands."""
    parts = np.array([[0.4, 0.4], [0.4, 0.4]])
    assert style.round_keeping_total(parts, np.array([0, 1])).tolist() == [[0, 0], [1, 0]]


def test_a_state_without_people_stays_zero_and_missing_people_are_not_people():
    frame = pd.DataFrame(
        {"covered_persons": [2.6], "gap_persons": [0.0], "unreachable_persons": [np.nan], "unknown_persons": [1.4]}
    )
    assert style.count_people(frame).tolist() == [[3, 0, 0, 1]]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["group.html", "index.html", "quality.html"])
def test_fixed_words_are_put_in_on_loading_and_escaped(name: str, language: str):
    """What stays to be looked up on rendering carries a number; a word with an ampersand leaves as an entity."""
    text = translate_template(read_asset(name), language)
    assert not re.search(r"\{\{ t\('[^']*', '[^']*'\) \}\}", text)
    assert ("县域总图" in text) == (language == "zh" and name != "quality.html")
    assert (
        translate_template("{{ t('甲', 'a & b') }}|{{ t('%d 个', '%d')|format(n) }}", "en")
        == "a &amp; b|{{ t('%d 个', '%d')|format(n) }}"
    )
