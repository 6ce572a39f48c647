"""`geoplan explain`: the path to a service leg by leg, and its line in a file."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from geoplan.cli import app


@pytest.fixture(scope="module")
def ask(root, demo_result):
    """Run `geoplan explain` on the demo county, whose stages are kept already."""

    def run(*options):
        plan, kept = root / "layers" / "demo" / "county.yaml", demo_result.plan.cache_folder
        return CliRunner().invoke(app, ["explain", str(plan), "--cache", str(kept), *map(str, options)])

    return run


@pytest.fixture(scope="module")
def farthest(demo_result):
    """The row of the longest time to a hospital in the dry season."""
    times = demo_result.access.times
    own = times[(times["service"] == "hospital") & (times["season"] == "dry") & (times["status"] == "ok")]
    return own.loc[own["travel_time_min"].idxmax()]


def test_the_path_is_told_and_its_line_saved(ask, farthest, tmp_path, demo_result):
    """The total told is the table's, the legs told add up to it, and the line runs from the settlement to the facility."""
    code = farthest["settlement_id"]
    done = ask(code, "--service", "hospital", "--season", "dry", "--geojson", tmp_path / "way.geojson")
    assert done.exit_code == 0, done.output
    total = float(re.search(r"合计 .*,([\d.]+) 分钟", done.output)[1])
    assert total == pytest.approx(farthest["travel_time_min"], abs=0.051)
    legs = [float(one) for one in re.findall(r"\(([\d.]+) 分钟", done.output)]
    assert sum(legs) == pytest.approx(total)
    features = json.loads((tmp_path / "way.geojson").read_text(encoding="utf-8"))["features"]
    assert len(features) == len(legs)
    assert sum(one["properties"]["leg_min"] for one in features) == pytest.approx(farthest["travel_time_min"])
    home = demo_result.demand.settlements.set_index("settlement_id").geometry.to_crs(4326)[code]
    assert features[0]["geometry"]["coordinates"][0] == pytest.approx([home.x, home.y], abs=1e-6)
    assert all(a["geometry"]["coordinates"][-1] == b["geometry"]["coordinates"][0] for a, b in pairwise(features))


def test_a_group_is_told_settlement_by_settlement_in_english(ask, farthest, demo_result):
    frame = demo_result.demand.settlements
    group = frame.loc[frame["settlement_id"] == farthest["settlement_id"], "group_code"].iloc[0]
    done = ask(group, "-s", "water", "--language", "en")
    assert done.exit_code == 0, done.output
    assert done.output.count("in all") == (frame["group_code"] == group).sum()
    assert " back:" in done.output


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--service", "casino"), "SERVICE-UNKNOWN"),
        (("--service", "clinic", "--season", "monsoon"), "SEASON-UNKNOWN"),
        (("--season", "wet"), "EXPLAIN-SERVICE"),
        (("--geojson", "x.geojson"), "EXPLAIN-SERVICE"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_way_out(ask, farthest, options, code):
    done = ask(farthest["settlement_id"], *options)
    assert done.exit_code == 2
    assert code in done.output


def test_without_a_service_the_score_is_explained_and_what_the_plan_makes_of_the_place(ask, farthest):
    done = ask(farthest["settlement_id"])
    assert done.exit_code == 0
    heads = (
        "评分构成",
        "灾害:",
        "可达性:",
        "尚不清楚的:",
        "隐患处置:",
        "去向:",
        "等级把握:",
        "地形筛查(",
        "整组搬迁与意愿(",
        "就地配套还是搬迁(",
    )
    assert [done.output.index(one) for one in heads] == sorted(done.output.index(one) for one in heads)
    assert "nan" not in done.output.lower()


def test_the_costs_of_a_group_are_told_once_for_all_its_settlements(ask, farthest, demo_result):
    frame = demo_result.demand.settlements
    group = frame.loc[frame["settlement_id"] == farthest["settlement_id"], "group_code"].iloc[0]
    done = ask(group)
    assert done.output.count("去向:") == (frame["group_code"] == group).sum()
    assert done.output.count("就地配套还是搬迁(") == 1


def test_the_result_gives_the_same_path(demo_result, farthest):
    legs = demo_result.route(farthest["settlement_id"], "hospital")
    assert legs["leg_min"].sum() == pytest.approx(farthest["travel_time_min"])
    assert legs.crs == demo_result.demand.settlements.crs
