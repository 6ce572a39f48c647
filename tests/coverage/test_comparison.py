"""Two departments' layers compared: pairs are the best ones, every row occurs once, which side is left makes no difference, planted truth comes out."""

from __future__ import annotations

from itertools import permutations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geoplan.contracts.coverage_config import LayerComparison
from geoplan.contracts.results import Layers
from geoplan.coverage.comparison import ROWS, STATES, VALUES, compare_departments, compare_tables
from geoplan.coverage.comparison_matching import (
    NAME_ALONE,
    NAME_NEAR,
    PLACE_SHARE,
    Register,
    find_doubled,
    match_registers,
)
from geoplan.coverage.comparison_names import SUFFIXES, measure_similarity, normalise_name, stem_name
from geoplan.coverage.comparison_reasons import name_column
from geoplan.errors import LayerError
from geoplan.io.documents import read_catalog, read_plan
from geoplan.io.vector import read_vector

CRS_M = CRS.from_epsg(4544)
HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|'/c calc'!A0",
    "'; DROP TABLE clinics;--",
    "{0.__class__}",
    "%s%n",
    "\u202e\u0000村",
    "𠮷" * 200,
    "",
    "村卫生室",
]


def comparison(**changes):
    return LayerComparison(
        **({"id": "c", "label_zh": "比对", "label_en": "compared", "left": "health", "right": "insurance"} | changes)
    )


def table(rows, columns=("facility_id", "name")):
    """Rows of values and a place (x, y) or None."""
    frame = pd.DataFrame([one[:-1] for one in rows], columns=list(columns))
    return gpd.GeoDataFrame(frame, geometry=[None if one[-1] is None else shapely.Point(one[-1]) for one in rows], crs=CRS_M)


def pairs_of(result):
    rows = result.rows[result.rows["matched_by"] != ""]
    return set(zip(rows["left_id"], rows["right_id"], rows["matched_by"], strict=True))


# ---------------------------------------------------------------------------------------------------------------- names


def naive_distance(a, b, *, free):
    """Levenshtein's table written out; free: letters of ``a`` before the match cost nothing."""
    above = list(range(len(b) + 1))
    for i, one in enumerate(a, 1):
        row = [0 if free else i]
        for j, other in enumerate(b, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (one != other)))
        above = row
    return above[-1]


def naive_alike(a, b, *, free):
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    if a == b:
        return 1.0
    best = 1.0 - naive_distance(longer, shorter, free=False) / len(longer)
    if free and 2 <= len(shorter) < len(longer):
        best = max(best, 0.9 * (1.0 - naive_distance(longer, shorter, free=True) / len(shorter)))
    return best


def naive_similarity(a, b):
    a, b = normalise_name(a), normalise_name(b)
    if not a or not b:
        return 0.0
    return 0.9 * naive_alike(stem_name(a), stem_name(b), free=True) + 0.1 * naive_alike(a, b, free=False)


names = st.text(alphabet="新寨华村卫生室镇 ab（", max_size=9)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(names, names), min_size=1, max_size=12))
def test_similarity_is_that_of_the_table_written_out(couples):
    left, right = zip(*couples, strict=True)
    np.testing.assert_allclose(measure_similarity(left, right), [naive_similarity(a, b) for a, b in couples], atol=1e-12)
    np.testing.assert_array_equal(measure_similarity(left, right), measure_similarity(right, left))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("新寨村卫生室", "新寨村卫生室", 1.0),
        (" 云台镇（中心）卫生院", "云台镇(中心)卫生院", 1.0),
        ("新寨村卫生室", "欣寨村卫生站", 0.9 * 0.5 + 0.1 * (1 - 2 / 6)),
        ("新寨村卫生室", "双河镇新寨村卫生室", 0.9 * 0.9 + 0.1 * (1 - 3 / 9)),
        ("新寨村", "东岭村", 0.1 * (1 - 2 / 3)),
        ("新寨村", "", 0.0),
        (None, float("nan"), 0.0),
        ("ABC Clinic", "ａｂｃ", 0.9 + 0.1 * (1 - 6 / 9)),
    ],
)
def test_similarity_by_hand(a, b, expected):
    assert measure_similarity([a], [b])[0] == pytest.approx(expected)


def test_a_name_that_is_nothing_but_suffixes_keeps_something():
    for one in SUFFIXES:
        assert stem_name(one)
        assert stem_name(one * 3)
    assert stem_name("新寨村村民委员会") == "新寨"


def test_names_longer_than_what_is_compared_are_equal_only_when_all_letters_are():
    long = "长" * 300
    assert measure_similarity([long], [long])[0] == 1.0
    assert measure_similarity([long + "甲"], [long + "甲"])[0] == 1.0


# ------------------------------------------------------------------------------------------------------------- matching


def test_by_hand_one_of_each_kind():
    """A code, a misspelt name, a place alone, one row left over on each side; differences with their sign."""
    columns = ("facility_id", "code", "name", "capacity", "doctors")
    left = table(
        [
            ("L1", "C1", "新寨村卫生室", 2.0, 2.0, (0, 0)),
            ("L2", "C2", "东岭村卫生室", 2.0, np.nan, (5000, 0)),
            ("L3", "C3", "石坝村卫生室", 2.0, 1.0, (10_000, 0)),
            ("L4", "C4", "青杠村卫生室", 2.0, 1.0, (15_000, 0)),
        ],
        columns,
    )
    right = table(
        [
            ("R1", "C1", "完全不同", 3.0, 1.0, (100, 0)),
            ("R2", "", "冬岭村卫生站", 2.0, 1.0, (5150, 0)),
            ("R3", "", "王医生诊所", 2.0, 1.0, (10_060, 0)),
            ("R4", "", "益寿堂", 2.0, 1.0, (20_000, 0)),
        ],
        columns,
    )
    result = compare_tables(left, right, comparison(code="code", columns={"capacity": 1.0, "doctors": 0.0}))
    assert pairs_of(result) == {("L1", "R1", "code"), ("L2", "R2", "name"), ("L3", "R3", "place")}
    rows = result.rows.set_index(["left_id", "right_id"])
    assert rows["state"].to_dict() == {
        ("L1", "R1"): "contradicts",
        ("L2", "R2"): "agrees",
        ("L3", "R3"): "agrees",
        ("L4", ""): "left_only",
        ("", "R4"): "right_only",
    }
    assert rows.loc[("L1", "R1"), "columns"] == "doctors"
    assert rows.loc[("L2", "R2"), "unknown_columns"] == "doctors"
    assert rows.loc[("L2", "R2"), "distance_m"] == 150.0
    value = result.values.set_index(["left_id", "column"]).loc[("L1", "doctors")]
    assert (value["left_value"], value["right_value"], value["difference"], value["agrees"]) == ("2", "1", -1.0, "false")
    assert result.values.set_index(["left_id", "column"]).loc[("L2", "doctors"), "agrees"] == "unknown"
    summary = result.summary.set_index("state")
    assert summary["rows"].to_dict() == {"agrees": 2, "contradicts": 1, "unknown": 0, "left_only": 1, "right_only": 1}
    assert summary["share"].sum() == pytest.approx(1.0)
    assert list(result.rows.columns) == [*ROWS, "geometry"]
    assert list(result.values.columns) == VALUES
    assert "合格医生" in rows.loc[("L1", "R1"), "reason_zh"]
    assert rows.loc[("", "R4"), "geometry"].equals(shapely.Point(20_000, 0))


def test_two_pairs_are_worth_more_than_the_nearest_one():
    left = table([("A1", "新寨村", (0, 0)), ("A2", "新寨村", (200, 0))])
    right = table([("B1", "新寨村", (190, 0)), ("B2", "新寨村", (320, 0))])
    assert pairs_of(compare_tables(left, right, comparison())) == {("A1", "B1", "name"), ("A2", "B2", "name")}


def test_a_doubled_code_matches_nothing_and_is_reported():
    columns = ("facility_id", "code", "name")
    left = table([("L1", "C1", "新寨村", (0, 0))], columns)
    right = table([("R1", "C1", "新寨村", (50, 0)), ("R2", "C1", "东岭村", (9000, 0))], columns)
    result = compare_tables(left, right, comparison(code="code"))
    assert pairs_of(result) == {("L1", "R1", "name")}
    assert result.rows["doubled_code"].all()
    assert result.rows["reason_en"].str.contains("several rows").all()
    assert find_doubled(np.array(["C1", "", "C1", "", "C2"], dtype=object)).tolist() == [True, False, True, False, False]


def test_the_distance_itself_is_within_and_a_hair_more_is_not():
    for gap, matched in ((300.0, True), (300.001, False)):
        left, right = table([("A", "新寨村", (0, 0))]), table([("B", "新寨村", (gap, 0))])
        assert bool(pairs_of(compare_tables(left, right, comparison(within_m=300.0)))) == matched
    for gap, matched in ((100.0, True), (100.001, False)):
        left, right = table([("A", "甲", (0, 0))]), table([("B", "乙", (gap, 0))])
        assert bool(pairs_of(compare_tables(left, right, comparison(within_m=300.0)))) == matched


def test_without_a_place_names_meet_only_in_their_township_and_must_be_nearly_the_same():
    columns = ("facility_id", "name", "township_code")
    left = table(
        [("A1", "新寨村", "T1", None), ("A2", "东岭村", "T1", None), ("A3", "石坝村", "T2", None), ("A4", "清江村", "", None)],
        columns,
    )
    right = table(
        [
            ("B1", "新寨社区", "T1", (0, 0)),
            ("B2", "冬岭村", "T1", (9, 0)),
            ("B3", "石坝村", "T1", None),
            ("B4", "清江村", "", None),
        ],
        columns,
    )
    result = compare_tables(left, right, comparison())
    assert pairs_of(result) == {("A1", "B1", "name")}
    assert result.rows.set_index("left_id").geometry["A1"].equals(shapely.Point(0, 0))
    assert result.rows.set_index("right_id").loc["B1", "distance_m"] != result.rows.set_index("right_id").loc["B1", "distance_m"]


def test_one_code_in_two_places_contradicts_in_place_and_two_codes_in_one_place_in_code():
    columns = ("facility_id", "code", "name")
    left = table([("L1", "C1", "新寨村", (0, 0)), ("L2", "C2", "东岭村", (9000, 0))], columns)
    right = table([("R1", "C1", "新寨村", (4000, 3000)), ("R2", "C9", "东岭村", (9010, 0))], columns)
    result = compare_tables(left, right, comparison(code="code"))
    rows = result.rows.set_index("left_id")
    assert rows["columns"].to_dict() == {"L1": "place", "L2": "code"}
    assert (rows["state"] == "contradicts").all()
    values = result.values.set_index("column")
    assert values.loc["place", "difference"] == 5000.0
    assert (values.loc["code", "left_value"], values.loc["code", "right_value"]) == ("C2", "C9")


def test_a_pair_of_which_nothing_can_be_compared_is_unknown_and_does_not_agree():
    columns = ("facility_id", "name", "capacity")
    left, right = table([("A", "新寨村", np.nan, (0, 0))], columns), table([("B", "新寨村", 3.0, (0, 0))], columns)
    result = compare_tables(left, right, comparison(columns={"capacity": 0.0, "doctors": 0.0}))
    assert result.rows["state"].tolist() == ["unknown"]
    assert result.rows["unknown_columns"].tolist() == ["capacity;doctors"]
    assert set(result.values["agrees"]) == {"unknown"}


def test_ids_that_reading_made_are_no_codes():
    columns = ("code", "name", "township_code")
    left = table([("health-000001", "新寨村", "T1", None)], columns)
    right = table([("990101", "新寨村", "T1", None)], columns)
    result = compare_tables(left, right, comparison(code="code"))
    assert result.rows[["matched_by", "state", "columns"]].to_numpy().tolist() == [["name", "agrees", ""]]


def test_doubled_ids_stay_two_rows():
    left = table([("A", "新寨村", (0, 0)), ("A", "东岭村", (9000, 0)), (None, "石坝村", (20_000, 0))])
    result = compare_tables(left, table([("B", "新寨村", (0, 0))]), comparison())
    assert set(result.rows["left_id"]) == {"A", "A#2", "health-000001"}


def test_texts_agree_whatever_their_width_and_booleans_are_numbers():
    columns = ("facility_id", "name", "level", "standard_met")
    left = table([("A", "新寨村", "Ｖillage", True, (0, 0))], columns)
    right = table([("B", "新寨村", " village", False, (0, 0))], columns)
    result = compare_tables(left, right, comparison(columns={"level": 0.0, "standard_met": 0.0}))
    assert result.values["agrees"].tolist() == ["true", "false"]


@pytest.mark.parametrize("empty", ["left", "right", "both"])
def test_an_empty_list_leaves_the_other_one_alone(empty):
    full = table([("A", "新寨村", (0, 0)), ("B", "东岭村", None)])
    none = full.iloc[:0]
    left, right = none if empty != "right" else full, none if empty != "left" else full
    result = compare_tables(left, right, comparison(columns={"capacity": 0.0}))
    assert len(result.rows) == len(left) + len(right)
    assert list(result.summary["state"]) == list(STATES)
    assert len(result.values) == 0


def test_hostile_names_are_letters_like_others():
    left = table([(f"L{k}", name, (1000 * k, 0)) for k, name in enumerate(HOSTILE)])
    right = table([(f"R{k}", name, (1000 * k + 5, 0)) for k, name in enumerate(HOSTILE)])
    before = left.copy(), right.copy()
    result = compare_tables(left, right, comparison(columns={"name": 0.0}))
    assert {(a[1:], b[1:]) for a, b, _ in pairs_of(result)} == {(str(k), str(k)) for k in range(len(HOSTILE))}
    assert set(result.rows["left_name"]) == set(HOSTILE)
    assert left.equals(before[0])
    assert right.equals(before[1])


# ---------------------------------------------------------------------------------------------------- twin, properties


def naive_best(worth):
    """The largest sum over all one-to-one choices of pairs of a small table of worths (0: no pair)."""
    worth = worth if len(worth) <= len(worth.T) else worth.T
    return max(sum(worth[i, j] for i, j in enumerate(cols)) for cols in permutations(range(worth.shape[1]), len(worth)))


def worth_by_name(left, right, within_m):
    worth = np.zeros((len(left.ids), len(right.ids)))
    for i in range(len(left.ids)):
        for j in range(len(right.ids)):
            gap = np.hypot(*(left.xy[i] - right.xy[j]))
            alike = naive_similarity(left.names[i], right.names[j])
            if np.isfinite(gap):
                if gap <= within_m and alike >= NAME_NEAR:
                    worth[i, j] = alike + 0.1 * (1.0 - gap / within_m)
            elif left.townships[i] and left.townships[i] == right.townships[j] and alike >= NAME_ALONE:
                worth[i, j] = alike
    return worth


places = st.one_of(st.just((np.nan, np.nan)), st.tuples(st.integers(0, 6).map(lambda k: 90.0 * k), st.just(0.0)))
rows = st.tuples(
    st.sampled_from(["", "C1", "C2", "C3"]),
    st.sampled_from(["新寨村", "新华村", "东岭村卫生室", "双河镇新寨村", ""]),
    st.sampled_from(["", "T1", "T2"]),
    places,
)


def register(drawn, prefix):
    parts = list(zip(*drawn, strict=True)) if drawn else [(), (), (), ()]
    texts = [np.array(one, dtype=object) for one in parts[:3]]
    ids = np.array([f"{prefix}{k}" for k in range(len(drawn))], dtype=object)
    return Register(ids, *texts, np.array(parts[3], dtype=float).reshape(-1, 2))


@settings(deadline=None, max_examples=30)
@given(st.lists(rows, max_size=5), st.lists(rows, max_size=5))
def test_each_pass_takes_the_largest_sum_that_any_choice_of_pairs_has(one, other):
    left, right = register(one, "L"), register(other, "R")
    found = match_registers(left, right, within_m=300.0)
    assert found["left"].is_unique
    assert found["right"].is_unique
    pairs = {how: part[["left", "right"]].to_numpy() for how, part in found.groupby("matched_by")}
    none = np.zeros((0, 2), dtype=int)
    codes = {(i, j) for i in range(len(one)) for j in range(len(other)) if one[i][0] and one[i][0] == other[j][0]}
    single = {(i, j) for i, j in codes if sum(a == i for a, _ in codes) == 1 == sum(b == j for _, b in codes)}
    assert {tuple(pair) for pair in pairs.get("code", none).tolist()} == single
    if not len(one) or not len(other):
        return
    worth = worth_by_name(left, right, 300.0)
    taken = pairs.get("code", none)
    worth[taken[:, 0], :] = 0.0
    worth[:, taken[:, 1]] = 0.0
    chosen = pairs.get("name", none)
    assert (worth[chosen[:, 0], chosen[:, 1]] > 0.0).all()
    assert worth[chosen[:, 0], chosen[:, 1]].sum() == pytest.approx(naive_best(worth), abs=1e-5)
    gap = np.hypot(*(left.xy[:, None, :] - right.xy[None, :, :]).T).T
    near = np.where(gap <= 300.0 * PLACE_SHARE, 2.0 - gap / (300.0 * PLACE_SHARE), 0.0)
    taken = np.concatenate([taken, chosen])
    near[taken[:, 0], :] = 0.0
    near[:, taken[:, 1]] = 0.0
    chosen = pairs.get("place", none)
    assert near[chosen[:, 0], chosen[:, 1]].sum() == pytest.approx(naive_best(near), abs=1e-5)


def frame_of(drawn, prefix):
    one = register(drawn, prefix)
    values = [float(len(name)) if name else np.nan for name in one.names]
    frame = pd.DataFrame(
        {"facility_id": one.ids, "code": one.codes, "name": one.names, "township_code": one.townships, "capacity": values}
    )
    frame["capacity"] = frame["capacity"].astype(float)
    points = [None if np.isnan(x) else shapely.Point(x, y) for x, y in one.xy]
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(points, crs=CRS_M, index=frame.index))


def mirrored(result):
    words = {"left_only": "right_only", "right_only": "left_only"}
    rows = result.rows.rename(
        columns={"left_id": "right_id", "right_id": "left_id", "left_name": "right_name", "right_name": "left_name"}
    )
    return rows.assign(state=rows["state"].replace(words))


KEPT = [
    "left_id",
    "right_id",
    "matched_by",
    "distance_m",
    "name_similarity",
    "state",
    "columns",
    "unknown_columns",
    "doubled_code",
    "left_name",
    "right_name",
]


@settings(deadline=None, max_examples=30)
@given(st.lists(rows, max_size=7), st.lists(rows, max_size=7), st.randoms(use_true_random=False))
def test_no_row_is_lost_and_neither_side_nor_order_matters(one, other, random):
    left, right = frame_of(one, "L"), frame_of(other, "R")
    asked = comparison(code="code", columns={"capacity": 1.0})
    result = compare_tables(left, right, asked)
    assert sorted(result.rows.loc[result.rows["left_id"] != "", "left_id"]) == sorted(left["facility_id"])
    assert sorted(result.rows.loc[result.rows["right_id"] != "", "right_id"]) == sorted(right["facility_id"])
    assert result.summary["rows"].sum() == len(result.rows)
    order = ["left_id", "right_id"]
    swapped = compare_tables(right, left, comparison(code="code", columns={"capacity": 1.0}, left="insurance", right="health"))
    expected, got = (frame[KEPT].sort_values(order).reset_index(drop=True) for frame in (mirrored(result), swapped.rows))
    pd.testing.assert_frame_equal(pd.DataFrame(expected), pd.DataFrame(got))
    assert sorted(result.values["difference"].dropna()) == sorted(-swapped.values["difference"].dropna())
    shuffled = compare_tables(left.sample(frac=1.0, random_state=random.randrange(9)), right.iloc[::-1], asked)
    pd.testing.assert_frame_equal(pd.DataFrame(shuffled.rows), pd.DataFrame(result.rows))
    pd.testing.assert_frame_equal(shuffled.values, result.values)


@settings(deadline=None, max_examples=20)
@given(st.lists(rows, max_size=7))
def test_a_list_agrees_with_itself(drawn):
    """Every row with a code of its own or a place finds itself or its like; nothing contradicts in what is compared."""
    left = frame_of(drawn, "L").drop(columns="code").drop_duplicates(["name", "township_code", "geometry"]).reset_index(drop=True)
    result = compare_tables(left, left, comparison(code="code"))
    assert pairs_of(result) == {(one, one, "code") for one in left["facility_id"]}
    assert set(result.rows["state"]) <= {"agrees"}


# ---------------------------------------------------------------------------------------------------------------- demo


@pytest.fixture(scope="module")
def demo(root):
    """The demonstration county's two comparisons and what was planted."""
    base = root / "layers" / "demo"
    specs, plan = read_catalog(base / "catalog.yaml").layers, read_plan(base / "county.yaml")
    ids = sorted({side for one in plan.coverage.comparisons for side in (one.left, one.right)})
    vectors = {one: read_vector(specs[one], layer_id=one, base=base, crs=CRS_M)[0] for one in ids}
    layers = Layers(crs=CRS_M, vectors=vectors, rasters={}, records=(), problems=())
    truth = pd.read_csv(base / "truth_comparisons.csv", dtype=str, keep_default_na=False)
    return compare_departments(layers, plan.coverage.comparisons), truth, layers, plan


def test_what_was_planted_between_two_lists_comes_out_and_nothing_else(demo):
    result, truth, _, _ = demo
    found = result.rows.assign(columns=[";".join(sorted(one.split(";"))) for one in result.rows["columns"]])
    assert set(map(tuple, found[truth.columns].to_numpy())) == set(map(tuple, truth.to_numpy()))
    assert len(found) == len(truth)


def test_every_row_of_the_demo_is_counted_once(demo):
    result, _, layers, plan = demo
    for one in plan.coverage.comparisons:
        rows = result.rows[result.rows["comparison"] == one.id]
        assert (rows["left_id"] != "").sum() == len(layers.vectors[one.left])
        assert (rows["right_id"] != "").sum() == len(layers.vectors[one.right])
        summary = result.summary[result.summary["comparison"] == one.id]
        assert summary["rows"].sum() == len(rows)
        assert summary["share"].sum() == pytest.approx(1.0)
    assert (result.rows["reason_zh"].str.len() > 3).all()
    assert result.rows.crs == layers.crs


def test_a_layer_that_was_not_read_is_named(demo):
    _, _, layers, _ = demo
    with pytest.raises(LayerError) as caught:
        compare_departments(layers, [comparison()])
    assert caught.value.code == "COMPARISON-LAYER"


def test_no_comparison_gives_empty_tables_with_every_column(demo):
    _, _, layers, _ = demo
    result = compare_departments(layers, [])
    assert list(result.rows.columns) == [*ROWS, "geometry"]
    assert len(result.values) == len(result.summary) == 0


def test_every_column_has_words():
    assert name_column("doctors") == ("合格医生", "qualified doctors")
    assert name_column("place") == ("位置", "place")
    assert name_column("own_column") == ("own_column", "own_column")
