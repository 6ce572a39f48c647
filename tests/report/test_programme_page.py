"""The map of what to build: its numbers are those of the tables, names stay text, and a browser without a network can use all of it."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.coverage import ComparisonResult
from geoplan.io.documents import read_costs, read_water
from geoplan.report.drawing import draw_county
from geoplan.report.offline import assert_offline
from geoplan.report.programme_findings import describe_comparisons, describe_platforms, describe_ranking
from geoplan.report.programme_page import programme_map, programme_title
from geoplan.report.programme_payload import describe_links, describe_programme, gather_programme
from geoplan.report.programme_prices import price_pipes, price_roads, price_site
from geoplan.report.programme_rows import count_ids, split_ids, sum_known
from geoplan.report.programme_supply import SERVED, WITHIN, count_states, list_rules
from geoplan.report.programme_words import STATE_LABELS, words_payload
from geoplan.report.relocation_payload import Sentences
from geoplan.report.style import format_count

HOSTILE = "<img src=x onerror=window.PWNED=9>{{ 7*7 }}"


def _equip(made, scene):
    """Return the made-up county with everything of the coverage room, hostile names in all of it, and a plan that asks for it."""
    found = scene.make_coverage(made.result, made.standards)
    places = made.result.demand.settlements
    rows = found.comparison.rows.assign(left_name=[HOSTILE, *found.comparison.rows.left_name[1:]])
    values = pd.DataFrame(
        {
            "comparison": "schools", "left_id": rows.left_id.iloc[1], "right_id": rows.right_id.iloc[1], "column": ["capacity", "place"],
            "left_value": ["90", HOSTILE], "right_value": ["70", ""], "difference": [-20.0, np.nan], "agrees": ["false", "unknown"],
        }
    )  # fmt: skip
    network = pd.DataFrame(
        {
            "settlement_id": places.settlement_id, "network": "power", "persons": places.persons, "status": "ok",
            "within": np.array(["true", "false", "unknown"])[np.arange(len(places)) % 3], "nearest_id": "T1", "distance_m": 400.0, "radius_m": 500.0,
            "load_share": np.nan, "connect_m": np.nan, "capital_yuan": np.nan, "reason_zh": HOSTILE, "reason_en": "far",
        }
    )  # fmt: skip
    # What a programme of groups tells: one is joined by a link, the last has no data.
    codes = made.result.demand.groups.code
    groups = pd.DataFrame(
        {
            "group_code": codes, "status": ["ok"] * (len(codes) - 1) + ["no_data"], "has_road": [False, *[True] * (len(codes) - 1)],
            "length_m": 0.0, "links": ["L0", *[""] * (len(codes) - 1)], "share_yuan": 0.0,
        }
    )  # fmt: skip
    links = found.roads.links.assign(groups=f"{codes.iloc[0]};<b>g2</b>", township_code=made.result.demand.townships.code.iloc[0])
    result = replace(
        made.result, ledger=found.ledger, programme=replace(found.roads, links=links, groups=groups), water=found.water,
        lines=replace(found.lines, settlements=network), siting=found.siting, ranking=found.ranking,
        comparison=ComparisonResult(rows, values, found.comparison.summary),
    )  # fmt: skip
    coverage = {
        "siting": [{"id": "clinics", "service": "clinic", "within_min": 30, "facilities": 3}],
        "lines": [{"id": "power", "label_zh": "供电", "label_en": "Power", "layers": ["transformers"], "radius_m": 500, "source": "惯例<b>"}],
        "comparisons": [
            {"id": "schools", "label_zh": "学校", "label_en": "Schools", "left": "schools", "right": "schools2", "left_label_zh": "教育<i>",
             "left_label_en": "Education", "right_label_zh": "民政", "right_label_en": "Civil affairs"}
        ],
    }  # fmt: skip
    plan = PlanConfig.model_validate(made.plan.model_dump() | {"coverage": coverage})
    return SimpleNamespace(result=result, plan=plan, standards=made.standards, layers=made.layers)


@pytest.fixture(scope="module")
def county(small, coverage_scene):
    return _equip(small, coverage_scene)


@pytest.fixture(scope="module")
def prices(tmp_path_factory):
    here = tmp_path_factory.mktemp("profiles")
    return read_costs("costs_cn_2026", here), read_water("water_cn_2026", here)


def _gather(county, **more):
    shared = {"plan": county.plan, "standards": county.standards, "layers": county.layers}
    return gather_programme(county.result, draw_county(county.result, **shared).data, **shared, **more)


@pytest.fixture(scope="module")
def data(county, prices):
    return _gather(county, costs=prices[0], water=prices[1])


def _render(county, language="zh", **more):
    shared = {"plan": county.plan, "standards": county.standards, "layers": county.layers}
    return programme_map(county.result, language=language, **shared, **more).get_root().render()


def test_links_have_the_lengths_costs_and_people_of_the_programme(data, county):
    table = county.result.programme.links
    assert [one["i"] for one in data["links"]] == table.link_id.tolist()
    for name, column in (("m", "length_m"), ("y", "capital_yuan"), ("p", "persons"), ("mg", "minutes_gained"), ("b", "bridges")):
        assert [one[name] for one in data["links"]] == pytest.approx(table[column].tolist(), abs=0.51)
    names = dict(zip(county.result.demand.groups.code, county.result.demand.groups.name, strict=True))
    first, second = table.groups.iloc[0].split(";")
    assert data["links"][0]["gr"] == [names[first], second]
    assert all(one["g"] for one in data["links"])


def test_sums_by_kind_add_up_to_the_programme(data, county):
    """Naive twin: add the links one by one."""
    told, table = data["programme"], county.result.programme.links
    assert sum(one["n"] for one in told["kinds"]) == told["n"] == len(table)
    assert sum(one["m"] for one in told["kinds"]) == pytest.approx(told["m"], abs=len(told["kinds"]))
    for one in told["kinds"]:
        own = [float(row.capital_yuan) for row in table.itertuples() if row.kind == one["k"]]
        assert one["y"] == pytest.approx(sum(own), abs=0.5)
    assert (told["groups"], told["have"], told["joined"], told["open"]) == (6, 5, 1, {"no_data": 1})
    assert describe_programme(None) is None
    assert describe_links(None, county.result.demand.groups) == []


def test_sites_and_curve_are_those_of_the_question(data, county):
    siting = county.result.siting
    (question,) = data["questions"]
    built = [one for one in question["sites"] if not one["ex"]]
    assert [one["o"] for one in built] == [1, 2, 3]
    assert sum(one["pg"] for one in built) == siting.sites.persons_gained.sum()
    assert sum(one["y"] for one in built) == siting.sites.cost_yuan.sum()
    assert question["curve"]["c"] == siting.curve.covered_persons.tolist()
    assert question["curve"]["b"] == siting.curve.budget_yuan.tolist()
    assert (question["curve"]["all"], question["curve"]["far"], question["curve"]["unknown"]) == (1500, 20, 5)
    assert built[0]["cp"] is None
    assert (question["zh"], question["within"]) == ("卫生室", 30)


def test_people_by_water_and_network_add_up_to_the_tables(data, county):
    for told, table, column in (
        (data["served"], county.result.water.settlements, "served_by"),
        (data["networks"][0]["states"], county.result.lines.settlements, "within"),
    ):
        assert sum(one["n"] for one in told) == len(table)
        assert sum(one["p"] for one in told) == table.persons.sum()
        assert sum(one["q"] for one in told) == table.persons.isna().sum() == 1
        for one in told:
            assert one["p"] == table.loc[table[column] == one["k"], "persons"].sum()


def test_a_settlement_no_table_names_is_unknown_not_served(county):
    fewer = replace(county.result.water, settlements=county.result.water.settlements.iloc[1:])
    told = _gather(SimpleNamespace(**vars(county) | {"result": replace(county.result, water=fewer)}))["settlements"]["water"]
    assert told["s"][0] == SERVED.index("unknown")
    assert set(told["s"][1:]) <= set(range(len(SERVED)))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from([*WITHIN, "strange"]), st.integers(0, 500) | st.none()), max_size=20))
def test_nobody_is_lost_between_the_states(rows):
    """A code nobody knows counts as unknown."""
    table = pd.DataFrame({"within": [one for one, _ in rows], "persons": [np.nan if n is None else float(n) for _, n in rows]})
    told = count_states(table, "within", WITHIN)
    assert sum(one["n"] for one in told) == len(rows)
    assert sum(one["p"] for one in told) == sum(n or 0 for _, n in rows)
    assert told[-1]["n"] == sum(one in ("unknown", "strange") for one, _ in rows)


def test_compared_rows_have_their_state_and_the_values_of_both_sides(data, county):
    (told,) = data["comparisons"]
    table, states = county.result.comparison.rows, list(STATE_LABELS)
    assert [states[one["s"]] for one in told["rows"]] == table.state.tolist()
    assert {one["k"]: one["n"] for one in told["sum"]} == table.state.value_counts().to_dict()
    assert sum(len(one["v"]) for one in told["rows"]) == len(county.result.comparison.values)
    assert told["rows"][1]["v"][0][2:] == ["90", "70", -20, "false"]
    assert told["rows"][1]["v"][1][:2] == ["位置", "place"]
    assert told["left"] == ["教育<i>", "Education"]


def test_a_row_without_place_stands_in_the_unit_whose_code_it_has(county):
    rows = county.result.comparison.rows.iloc[:2].copy()
    village = county.result.demand.villages.code.iloc[0]
    rows["left_id"], rows["right_id"] = [village, "nowhere"], ["", ""]
    rows["geometry"] = None
    summary = county.result.comparison.summary
    (told,) = describe_comparisons(
        ComparisonResult(rows, pd.DataFrame(), summary), county.result.demand, county.plan, Sentences()
    )
    assert told["rows"][0]["g"] is not None
    assert told["rows"][1]["g"] is None
    assert [one["m"] for one in told["rows"]] == [1, 0]


def test_money_by_platform_is_the_ledgers_and_a_gap_without_price_is_counted(data, county):
    ledger = county.result.ledger.ledger
    assert sum(one["n"] for one in data["platforms"]) == len(ledger)
    assert sum(one["y"] for one in data["platforms"]) == pytest.approx(
        ledger.loc[ledger.cost_status == "ok", "capital_yuan"].sum(), abs=1
    )
    assert sum(one["no"] for one in data["platforms"]) == (ledger.cost_status == "no_data").sum() > 0
    shared = ledger.assign(cost_status="shared", platform="")
    (one,) = describe_platforms(SimpleNamespace(ledger=shared))
    assert (one["k"], one["shared"], one["ok"], one["y"]) == ("", len(ledger), 0, None)
    assert describe_platforms(None) == []


def test_townships_stand_by_rank_with_their_intervals(data, county):
    units = county.result.ranking.units.sort_values("rank")
    told = data["ranking"]["units"]
    assert [one["c"] for one in told] == units.code.tolist()
    assert [(one["lo"], one["hi"]) for one in told] == list(zip(units.rank_low, units.rank_high, strict=True))
    assert data["ranking"]["draws"] == county.plan.coverage.ranking.draws
    assert describe_ranking(None, county.plan, Sentences()) is None


def test_every_price_names_its_source(data, prices, county):
    costs, water = prices
    assert data["roadPrices"]["new"] == {"y": 500, "u": "m", "s": costs.road.new_per_m.source, "e": "convention"}
    assert set(data["pipePrices"]["sizes"]) == {f"{one.diameter_mm:.0f}" for one in water.pipes.sizes}
    assert price_roads(None) == {}
    assert price_pipes(None) is None
    (asked,) = county.plan.coverage.siting
    assert price_site(asked.model_copy(update={"cost_yuan": 5.0}), costs, county.standards)["s"] == "plan"
    assert price_site(asked, None, county.standards) is None


def test_rules_are_digits_in_the_order_of_their_list(data, county):
    assert list_rules(county.result.water) == [{"i": "rural_2018", "zh": "rural_2018", "en": "rural_2018"}]
    assert set(data["settlements"]["water"]["ru"]) == {"0"}


def test_small_turns_of_tables_into_rows():
    table = pd.DataFrame({"ids": ["a;b", "", None], "m": [1.25, np.nan, 2.0]})
    assert split_ids(table, "ids") == [["a", "b"], [], []]
    assert count_ids(table, "ids") == [2, 0, 0]
    assert sum_known(table, "m", 2) == 3.25
    assert sum_known(table.iloc[1:2], "m") is None
    assert sum_known(table, "absent") is None


def test_every_word_is_said_in_two_languages():
    for name, words in words_payload().items():
        if isinstance(words, dict) and not name.endswith(("Colours", "Shapes")):
            assert all(len(pair) == 2 and all(pair) for pair in words.values()), name


def test_the_page_needs_no_network_runs_no_name_and_has_the_same_bytes(county, prices):
    text = _render(county, costs=prices[0], water=prices[1])
    assert_offline(text)
    assert "<img src=x" not in text
    assert "{{ 7*7 }}" in text
    assert text == _render(county, costs=prices[0], water=prices[1])
    assert programme_title({"name": "甲", "nameEn": "A"}, "en") == "A: what to build, and layers compared"


def test_a_county_of_the_stated_size_can_be_mailed(large, coverage_scene):
    assert len(_render(_equip(large, coverage_scene)).encode()) < 3_000_000


def test_a_county_without_any_of_it_still_has_a_page_that_says_so(small):
    text = _render(SimpleNamespace(**{name: getattr(small, name) for name in ("result", "plan", "standards", "layers")}))
    assert_offline(text)
    told = json.loads(re.search(r'id="gp-data">(.*?)</script>', text)[1])
    assert (told["links"], told["questions"], told["comparisons"], told["platforms"]) == ([], [], [], [])
    assert told["programme"] is told["ranking"] is None


def test_empty_tables_are_no_error(county):
    r = county.result
    bare = replace(
        r,
        programme=replace(r.programme, links=r.programme.links.iloc[:0], groups=r.programme.groups.iloc[:0]),
        siting=replace(r.siting, sites=r.siting.sites.iloc[:0], curve=r.siting.curve.iloc[:0]),
        water=replace(r.water, pipes=r.water.pipes.iloc[:0], sources=r.water.sources.iloc[:0]),
        lines=replace(r.lines, lines=r.lines.lines.iloc[:0], settlements=r.lines.settlements.iloc[:0]),
        comparison=replace(r.comparison, rows=r.comparison.rows.iloc[:0], values=pd.DataFrame()),
    )
    told = _gather(SimpleNamespace(**vars(county) | {"result": bare}))
    assert (told["links"], told["pipes"], told["sources"], told["lines"]) == ([], [], [], [])
    assert told["programme"]["m"] is None
    assert set(told["settlements"]["net"]["power"]["s"]) == {WITHIN.index("unknown")}


@pytest.fixture(scope="module")
def page(county, prices, driver, tmp_path_factory):
    path = tmp_path_factory.mktemp("方案 map") / "programme_map.html"
    path.write_text(_render(county, costs=prices[0], water=prices[1]), encoding="utf-8")
    return SimpleNamespace(driver=driver, run=driver.execute_script, path=path)


@pytest.fixture
def opened(page):
    page.driver.get(page.path.as_uri())
    _wait(page, "return window.GP && document.querySelectorAll('#gp-layers li').length")
    return page


def _wait(page, script):
    for _ in range(100):
        found = page.run(script)
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"never true: {script}")


def _find(page, text):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    box = page.driver.find_element(By.ID, "gp-search")
    box.clear()
    box.send_keys(text)
    box.send_keys(Keys.ENTER)


_POPUP = "return [...document.querySelectorAll('.leaflet-popup')].map((one) => one.innerText).find((text) => text.includes('{}'))"


@pytest.mark.browser
def test_opening_the_page_asks_for_its_own_file_only_and_logs_no_error(page):
    page.driver.get("about:blank")
    page.driver.get_log("performance"), page.driver.get_log("browser")
    page.driver.get(page.path.as_uri())
    _wait(page, "return window.GP && document.readyState === 'complete'")
    events = (json.loads(entry["message"])["message"] for entry in page.driver.get_log("performance"))
    asked = [one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"]
    assert page.path.as_uri() in asked
    assert {url.split(":", 1)[0] for url in asked if url != "about:blank"} <= {"file", "data", "blob"}
    assert page.driver.get_log("browser") == []


@pytest.mark.browser
def test_a_theme_shows_its_figures_and_its_layers(opened, county):
    for theme, pane in (
        ("roads", "gp-links"),
        ("siting", "gp-badges"),
        ("water", "gp-pipes"),
        ("power", "gp-links"),
        ("compare", "gp-badges"),
    ):
        opened.run("document.querySelector(`[data-theme='${arguments[0]}']`).click()", theme)
        assert opened.run("return document.getElementById('gp-theme').dataset.theme") == theme
        assert opened.run("return document.querySelectorAll(`.leaflet-${arguments[0]}-pane *`).length", pane) > 0, theme
    opened.run("document.querySelector(`[data-theme='all']`).click()")
    total = opened.run("return document.querySelector('#gp-platforms .gp-sum').innerText").split()
    assert total[1] == format_count(len(county.result.ledger.ledger))


@pytest.mark.browser
def test_a_switch_puts_a_layer_on_and_off(opened):
    drawn = "return document.querySelectorAll('.leaflet-gp-links-pane path').length"
    before = opened.run(drawn)
    assert before > 0
    opened.run("document.getElementById('gp-layer-road-new').click()")
    assert opened.run(drawn) < before
    opened.run("document.querySelectorAll('#gp-layers input').forEach((box) => box.checked || box.click())")
    assert opened.run("return [...document.querySelectorAll('#gp-layers input')].every((box) => box.checked)")
    assert "渡改桥" in opened.run("return document.getElementById('gp-empty').innerText")


@pytest.mark.browser
def test_what_is_found_opens_with_the_tables_numbers(opened, county):
    link = county.result.programme.links.iloc[0]
    _find(opened, link.link_id)
    text = _wait(opened, _POPUP.format(link.link_id))
    for part in (f"{link.length_m:.0f} m", "42.6 万元", "120 人", "900 人·分钟", "500 元/m", "惯例"):
        assert part in text
    site = county.result.siting.sites.query("order == 1").iloc[0]
    _find(opened, site.candidate_id)
    text = _wait(opened, _POPUP.format(site.candidate_id))
    for part in ("拟新建,第 1 个建", "300 人", "35 万元", "已证明最优"):
        assert part in text


@pytest.mark.browser
def test_a_settlement_found_opens_where_the_theme_shows_it(opened, county):
    """The plain dots of the background would hide who is served by what."""
    opened.run("document.querySelector(`[data-theme='water']`).click()")
    served = county.result.water.settlements.iloc[-1]
    _find(opened, served.settlement_id)
    text = _wait(opened, _POPUP.format(served.settlement_id))
    assert "自流" in text or "供水" in text
    assert not opened.run("return document.getElementById('gp-layer-homes').checked")


@pytest.mark.browser
def test_nothing_is_drawn_on_a_canvas_that_would_hide_the_hillshade_on_paper(opened):
    opened.run("document.querySelectorAll('#gp-layers input').forEach((box) => box.checked || box.click())")
    assert opened.run("return document.querySelectorAll('canvas').length") == 0


@pytest.mark.browser
def test_where_nothing_is_known_the_panel_says_unknown_and_not_nothing(opened):
    """By hand: 90 people, all unknown; then 60 served, 30 unknown."""
    say = "return GP.stateLine(arguments[0], ['gravity'], '')"
    lost = {"k": "unknown", "p": 90, "n": 3}
    assert opened.run(say, [{"k": "gravity", "p": 0, "n": 0}, lost]) == "未知(90 人)"
    assert opened.run(say, [{"k": "gravity", "p": 60, "n": 2}, {"k": "unknown", "p": 30, "n": 1}]) == "60 人;未知 30 人"
    assert opened.run("return GP.roadLine()").endswith(";未定 1 组")
    opened.run("Object.assign(GP.data.programme, { n: 0, kinds: [], groups: 6, open: { no_data: 6 } })")
    assert opened.run("return GP.roadLine()") == "未知(未定 6 组)"
    told = opened.run("return GP.roadPart().textContent")
    assert "未知" in told
    assert "最省" not in told
    opened.run("Object.assign(GP.data.programme, { open: {} })")
    assert opened.run("return GP.roadLine()") == "不需新建"


@pytest.mark.browser
def test_a_contradiction_tells_the_values_of_both_departments(opened):
    opened.run("document.querySelector(`[data-theme='compare']`).click()")
    opened.run("document.body.append(GP.comparedPopup(GP.data.comparisons[0], 1))")
    cells = opened.run(
        "return [...document.querySelectorAll('.gp-values tbody tr')].map((row) => [...row.cells].map((one) => one.innerText))"
    )
    assert cells[0] == ["容量", "90", "70", "−20", "矛盾"] or cells[0][1:] == ["90", "70", "−20", "矛盾"]
    assert cells[1][2] == "未填"
    assert opened.run("return document.querySelector('.gp-values tr.gp-differs') !== null")


@pytest.mark.browser
def test_hostile_names_stay_text_wherever_they_are_shown(opened):
    for text in ("PWNED", "onerror", "onmouseover", "cmd"):
        _find(opened, text)
    opened.run(
        "const d = GP.data, put = (node) => document.body.append(node);"
        "d.links.forEach((_, k) => put(GP.roadPopup(k))); d.questions.forEach((q) => q.sites.forEach((_, k) => put(GP.buildPopup(q, k))));"
        "d.pipes.forEach((_, k) => put(GP.pipePopup(k))); d.sources.forEach((_, k) => put(GP.sourcePopup(k))); d.lines.forEach((_, k) => put(GP.wirePopup(k)));"
        "d.settlements.id.forEach((_, i) => put(GP.homePopup(i))); d.ranking.units.forEach((_, k) => put(GP.rankPopup(k)));"
        "d.comparisons.forEach((c) => c.rows.forEach((_, n) => put(GP.comparedPopup(c, n))));"
        "GP.themes.forEach(([name]) => document.querySelector(`[data-theme='${name}']`).click());"
    )
    time.sleep(0.2)
    assert opened.run("return window.PWNED === undefined")
    assert opened.run(
        "return [...document.querySelectorAll('.gp-popup')].every((one) => !/undefined|NaN|null/.test(one.innerText))"
    )
    assert opened.driver.get_log("browser") == []


@pytest.mark.browser
def test_the_page_speaks_english_when_asked_and_leaves_no_chinese_but_names(opened):
    opened.run("document.getElementById('gp-lang').click()")
    assert opened.driver.title == "Example County: what to build, and layers compared"
    for theme in ("all", "roads", "siting", "water", "power", "compare"):
        opened.run("document.querySelector(`[data-theme='${arguments[0]}']`).click()", theme)
        text = opened.run(
            "return ['gp-theme', 'gp-layers', 'gp-empty'].map((id) => document.getElementById(id).innerText).join()"
        )
        left = set(re.findall("[一-鿿]+", re.sub(r"(: )[^\n]*\(convention[^\n]*|惯例<b>|柏林镇\d", "", text)))
        assert not left, (theme, left)
        assert opened.run("const s = document.getElementById('gp-side'); return s.scrollWidth - s.clientWidth") <= 0, theme


@pytest.mark.browser
def test_every_theme_prints_on_one_landscape_page_with_its_figures(opened):
    import base64

    for theme in ("all", "siting", "compare"):
        opened.run("document.querySelector(`[data-theme='${arguments[0]}']`).click()", theme)
        opened.run("window.dispatchEvent(new Event('beforeprint'))")
        assert opened.run("return getComputedStyle(document.getElementById('gp-themes')).display") == "none"
        assert opened.run("const s = document.getElementById('gp-side'); return s.scrollHeight - s.clientHeight") <= 1, theme
        assert opened.run("return document.querySelector('.gp-figures').getBoundingClientRect().height") > 8
        opened.run("window.dispatchEvent(new Event('afterprint'))")
    paper = base64.b64decode(
        opened.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})["data"]
    )
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
