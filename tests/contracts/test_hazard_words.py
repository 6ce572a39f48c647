"""Class words: both official schemes are read, what nobody knows stays unknown, and nothing becomes safe by accident."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.hazard_words import HAZARD_WORDS, HAZARD_WORDS_CITED, read_hazard_word
from geoplan.contracts.status import HAZARD_CLASS_ZH, HAZARD_INDEX


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("极高 极高易发 极高易发区 极高危险性 极高风险区 extreme EXTREME", "extreme"),
        ("高 高易发 高易发区 高危险区 高风险 high Ｈｉｇｈ", "high"),
        ("中 中等 中易发 中易发区 中危险性 中风险区 medium moderate", "medium"),
        ("低 低易发 低易发区 低风险区 low 极低 微风险区", "low"),
        ("无 不易发 不易发区 非易发区 none", "none"),
        ("较高 较低 严重 特大型 小型 不稳定 Ⅰ Ⅱ级 1 3 nan NaN 未知 高中", ""),
    ],
)
def test_each_scheme_is_read_by_hand(words, expected):
    assert {read_hazard_word(one) for one in words.split()} == {expected}


def test_blanks_and_two_english_words_do_not_matter():
    assert [read_hazard_word(one) for one in (" 高 易发区\t", "very high", "Very_Low", "")] == ["high", "extreme", "low", ""]


@pytest.mark.parametrize("missing", [None, math.nan, "None", " None ", 1, 3.0, True])
def test_a_missing_value_is_never_none(missing):
    """A program writes None for a missing value; read as the finding "none" it would make a zone safe."""
    assert read_hazard_word(missing) == ""


def test_canonical_words_and_their_chinese_labels_read_as_themselves():
    for name, zh in HAZARD_CLASS_ZH.items():
        assert read_hazard_word(name) == read_hazard_word(zh) == name


def test_every_word_leads_to_a_class_and_every_source_is_named():
    assert set(HAZARD_WORDS.values()) == set(HAZARD_INDEX)
    assert all(one.source and one.clause for one in HAZARD_WORDS_CITED)


@settings(deadline=None, max_examples=30)
@given(st.text(max_size=8), st.sampled_from(sorted(HAZARD_WORDS)))
def test_only_listed_words_have_a_class_and_a_longer_word_is_another_word(noise, word):
    """Naive twin: the list itself; no guessing from parts of a word (不稳定高边坡 is no 高)."""
    assert read_hazard_word(word) == HAZARD_WORDS[word]
    longer = noise + word + "边坡"
    assert read_hazard_word(longer) == ""
