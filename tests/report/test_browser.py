"""What a county bureau does, in a real browser without a network: open, find, read, switch, follow, print."""

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from geoplan.report.maps import coverage_map
from geoplan.report.offline import assert_offline
from geoplan.report.pages import write_group_pages

pytestmark = pytest.mark.browser


@dataclass
class Browser:
    """A browser on the made-up county, and the log of what it asked for."""

    driver: Any
    folder: Path

    def open(self, name: str) -> None:
        self.driver.get((self.folder / name).as_uri())

    def run(self, script: str, *values: object) -> Any:
        return self.driver.execute_script(script, *values)

    def wait(self, script: str) -> Any:
        """Return the first truthy value of a script."""
        for _ in range(100):
            found = self.run(script)
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"never true: {script}")

    def find(self, text: str) -> None:
        """Type into the search box and press Enter."""
        from selenium.webdriver.common.by import By
        from selenium.webdriver.common.keys import Keys

        box = self.driver.find_element(By.ID, "gp-search")
        box.clear()
        box.send_keys(text)
        box.send_keys(Keys.ENTER)


@pytest.fixture(scope="module")
def browser(small, driver, tmp_path_factory):
    folder = tmp_path_factory.mktemp("出力 map")
    html = coverage_map(small.result, plan=small.plan, standards=small.standards, layers=small.layers).get_root().render()
    (folder / "coverage_map.html").write_text(html, encoding="utf-8")
    write_group_pages(small.result, plan=small.plan, standards=small.standards, layers=small.layers, folder=folder / "groups")
    return Browser(driver, folder)


@pytest.fixture
def county(browser):
    browser.open("coverage_map.html")
    browser.wait("return window.GP && document.querySelectorAll('#gp-legend li').length")
    return browser


def _asked(browser: Browser) -> list[str]:
    """Return the addresses of all requests since the log was last read."""
    events = (json.loads(entry["message"])["message"] for entry in browser.driver.get_log("performance"))
    return [one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"]


def _popup_rows(browser: Browser) -> dict[str, list[str]]:
    """Return item → [state, text of the row] of the open popup."""
    return browser.wait(
        "const rows = document.querySelectorAll('.leaflet-popup tr[data-item]');"
        "return rows.length && Object.fromEntries([...rows].map((row) => [row.dataset.item, [row.dataset.state, row.innerText]]))"
    )


def test_opening_every_kind_of_page_asks_for_files_only_and_logs_no_error(browser):
    browser.driver.get("about:blank")
    browser.driver.get_log("performance"), browser.driver.get_log("browser")
    for name in ("coverage_map.html", "groups/index.html", "groups/990821001001001.html"):
        browser.open(name)
        browser.wait("return document.readyState === 'complete'")
        time.sleep(0.3)
    asked = [url for url in _asked(browser) if url != "about:blank"]
    assert len(asked) >= 3
    assert {url.split(":", 1)[0] for url in asked} <= {"file", "data", "blob"}
    assert browser.driver.get_log("browser") == []


def test_title_legend_scale_north_and_attribution_are_there_in_chinese_and_english(county):
    assert "示例县" in county.driver.title
    legend = county.run("return document.getElementById('gp-legend').innerText")
    assert "全部达标" in legend
    assert "未知项" in legend
    assert county.run(
        "const b = document.getElementById('gp-legend').getBoundingClientRect(); return b.width > 100 && b.height > 60 && b.bottom < innerHeight"
    )
    assert county.run("return document.querySelector('.leaflet-control-scale').innerText").endswith(("m", "km"))
    assert "示例县自然资源局" in county.run("return document.querySelector('.leaflet-control-attribution').innerText")
    county.run("document.getElementById('gp-lang').click()")
    assert county.driver.title == "Example County: service coverage and relocation"
    assert "all met" in county.run("return document.getElementById('gp-legend').innerText")
    chinese = re.findall(
        "[一-鿿]+",
        county.run("return document.getElementById('gp-side').innerText + document.getElementById('gp-head').innerText"),
    )
    assert set(chinese) <= {"中文", "示例县自然资源局"}


def test_controls_do_not_overlap(county):
    boxes = county.run(
        "return ['#gp-searchbox', '#gp-lang', '#gp-print', '.gp-title', '.leaflet-control-zoom', '.leaflet-control-scale', "
        "'.leaflet-control-attribution', '#gp-north', '#gp-side'].map((name) => {"
        " const b = document.querySelector(name).getBoundingClientRect(); return [name, b.left, b.top, b.right, b.bottom]; })"
    )
    for k, (one, *a) in enumerate(boxes):
        for other, *b in boxes[k + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], f"{one} lies over {other}"


@pytest.mark.parametrize("by", ["name", "code"])
def test_search_finds_a_group_and_its_popup_says_what_the_tables_say(county, small, by: str):
    group = small.result.demand.groups.iloc[3]
    county.find(group["name"] if by == "name" else group.code)
    rows = _popup_rows(county)
    table = small.result.coverage.groups.query("code == @group.code").set_index("item")
    assert set(rows) == set(table.index)
    for item, (state, text) in rows.items():
        assert state == table.coverage[item]
        for column, word in (("covered_persons", "达标"), ("gap_persons", "有缺口"), ("unreachable_persons", "不可达")):
            people = table[column][item]
            assert (f"{word} {people:,.0f} 人" in text) == (people > 0)
        assert any(word in text for word in ("原文可查", "转引", "惯例"))
    head = county.run("return document.querySelector('.leaflet-popup h3').textContent")
    assert head == group["name"]


def test_search_by_arrow_keys_and_escape(county):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    box = county.driver.find_element(By.ID, "gp-search")
    box.send_keys("李家坪")
    box.send_keys(Keys.ARROW_DOWN)
    chosen = county.run("return document.querySelector('#gp-found [aria-selected=true] .gp-found-name').textContent")
    assert chosen != county.run("return document.querySelector('#gp-found li .gp-found-name').textContent")
    box.send_keys(Keys.ENTER)
    assert county.wait("const h = document.querySelector('.leaflet-popup h3'); return h && h.textContent") == chosen
    box.send_keys(Keys.ESCAPE)
    assert county.run("return document.getElementById('gp-found').hidden")


def test_a_settlement_popup_gives_its_class_reason_and_hazard(county, small):
    one = small.result.demand.settlements.iloc[2]
    county.find(one.settlement_id)
    _popup_rows(county)
    text = county.run("return document.querySelector('.leaflet-popup').innerText")
    candidacy = small.result.candidacy.candidacy.set_index("settlement_id").loc[one.settlement_id]
    assert candidacy.relocation_class in text
    assert candidacy.reason_zh in text
    assert f"{candidacy.candidacy_score:.2f}" in text


def test_choosing_an_item_recolours_the_groups_and_the_legend_without_reloading(county, small):
    fills = "return GP.unitShapes.map((shape) => shape.options.fillColor)"
    before = county.run(fills)
    county.run(
        "window.kept = true; const c = document.getElementById('gp-choice'); c.value = '3'; c.dispatchEvent(new Event('change'))"
    )
    after = county.run(fills)
    table = small.result.coverage.groups.query("item == 'clinic_here'").set_index("code").coverage
    colours = county.run("return GP.style.stateColours")
    for code, fill in zip(small.result.demand.groups.code, after, strict=True):
        state = table.get(code, "empty")
        assert fill == ("url(#gp-hatch)" if state == "unknown" else colours[state])
    assert before != after
    assert county.run("return window.kept")
    assert "不可达" in county.run("return document.getElementById('gp-legend').innerText")


def test_the_panel_gives_the_countys_people_short_of_each_item_and_a_click_shows_the_item(county, small):
    """Gap and unreachable together, from the roll-up of the county; the bar and its tooltip name all four states."""
    table = small.result.coverage.county.set_index("item")
    rows = county.run(
        "return [...document.querySelectorAll('#gp-county tr')].map((row) => [row.dataset.item, row.querySelector('.gp-short').textContent, "
        "row.querySelector('button').title, row.querySelectorAll('.gp-bar span').length])"
    )
    assert [row[0] for row in rows] == [one.id for one in small.standards.items]
    for item, short, title, spans in rows:
        own = table.loc[item]
        assert short == f"{own.gap_persons + own.unreachable_persons:,.0f}"
        assert f"达标 {own.covered_persons:,.0f} 人" in title
        assert spans == sum(own[f"{one}_persons"] > 0 for one in ("covered", "gap", "unreachable", "unknown"))
    county.run("document.querySelectorAll('#gp-county button')[3].click()")
    assert county.run("return document.getElementById('gp-choice').value") == "3"
    assert county.run("return document.querySelector('#gp-county .gp-chosen').dataset.item") == "clinic_here"
    county.run("document.querySelectorAll('#gp-county button')[3].click()")
    assert county.run("return document.getElementById('gp-choice').value") == "-1"


def test_a_popup_begins_with_what_is_missing(county, small):
    county.find(small.result.demand.groups.code.iloc[1])
    _popup_rows(county)
    states = county.run("return [...document.querySelectorAll('.leaflet-popup tr[data-item]')].map((row) => row.dataset.state)")
    assert states == sorted(states, key=["unreachable", "gap", "unknown", "covered"].index)
    assert len(set(states)) > 1


def test_no_label_of_the_panel_is_cut_or_broken_over_lines(county):
    lines = "return [...document.querySelectorAll('#gp-layers li span')].filter((one) => one.offsetHeight > 24).map((one) => one.textContent)"
    county.run(
        "GP.entries.filter((one) => one.key.startsWith('facility') || one.key === 'villages')"
        ".forEach((one) => { one.label = ['乡镇卫生院及以上', 'primary school or teaching point']; }); GP.render()"
    )
    assert county.run(lines) == []
    county.run("document.getElementById('gp-lang').click()")
    assert county.run(lines) == []


def test_the_layer_switch_adds_and_removes_what_it_names(county):
    count = "return document.querySelectorAll('.leaflet-gp-hazards-pane path').length"
    assert county.run(count) == 0
    county.run("document.getElementById('gp-layer-hazard0').click(); document.getElementById('gp-layer-hazard1').click()")
    assert county.run(count) == 3
    county.run("document.getElementById('gp-layer-hazard0').click()")
    assert county.run(count) == 1


def test_without_polygons_settlements_carry_the_coverage_colours_and_no_class_colour_claims_them(browser, small):
    demand = small.result.demand
    bare = {level: getattr(demand, level).iloc[:0] for level in ("groups", "villages", "townships", "county")}
    result = replace(small.result, demand=replace(demand, **bare))
    html = coverage_map(result, plan=small.plan, standards=small.standards, layers=small.layers).get_root().render()
    (browser.folder / "points.html").write_text(html, encoding="utf-8")
    browser.open("points.html")
    browser.wait("return window.GP && GP.settlementDots.length")
    browser.run("const c = document.getElementById('gp-choice'); c.value = '0'; c.dispatchEvent(new Event('change'))")
    fills = browser.run("return GP.settlementDots.map((dot) => dot.options.fillColor)")
    colours = browser.run("return GP.style.stateColours")
    table = small.result.coverage.gaps.query("item == 'clinic_time'").set_index("settlement_id").coverage
    for one, fill in zip(demand.settlements.settlement_id, fills, strict=True):
        assert fill == ("url(#gp-hatch)" if table[one] == "unknown" else colours[table[one]])
    chips = browser.run(
        "return [...document.querySelectorAll('[id^=gp-layer-class]')].map((box) => box.parentNode.querySelector('circle').getAttribute('fill'))"
    )
    assert set(chips) == {"none"}


def test_settlements_of_a_unit_without_polygon_are_drawn_with_their_coverage(browser, small):
    """Take the first group's polygon away: its three settlements must still show their state on the map."""
    demand = small.result.demand
    result = replace(small.result, demand=replace(demand, groups=demand.groups.iloc[1:].reset_index(drop=True)))
    html = coverage_map(result, plan=small.plan, standards=small.standards, layers=small.layers).get_root().render()
    (browser.folder / "partly.html").write_text(html, encoding="utf-8")
    browser.open("partly.html")
    browser.wait("return window.GP && GP.looseDots && GP.looseDots.size === 3")
    browser.run("const c = document.getElementById('gp-choice'); c.value = '5'; c.dispatchEvent(new Event('change'))")
    fills = dict(browser.run("return [...GP.looseDots].map(([i, dot]) => [GP.data.settlements.id[i], dot.options.fillColor])"))
    colours = browser.run("return GP.style.stateColours")
    table = small.result.coverage.gaps.query("item == 'school_time'").set_index("settlement_id").coverage
    assert set(fills) == set(demand.settlements.loc[demand.settlements.group_code == demand.groups.code.iloc[0], "settlement_id"])
    for one, fill in fills.items():
        assert fill == ("url(#gp-hatch)" if table[one] == "unknown" else colours[table[one]])
    assert "圆点" in browser.run("return document.getElementById('gp-legend').innerText")
    browser.find(demand.groups.code.iloc[0])
    assert browser.wait("const h = document.querySelector('.leaflet-popup h3'); return h && h.textContent")


def test_hostile_names_stay_text_wherever_they_are_shown(county):
    for text in ("window.PWNED", "onerror", "cmd", "onmouseover", "quoted", "注释"):
        county.find(text)
        _popup_rows(county)
    county.run("document.querySelectorAll('#gp-layers input').forEach((box) => box.checked || box.click())")
    county.run("GP.data.sites.forEach((one) => document.body.append(GP.sitePopup(one)))")
    county.run("GP.data.facilities.forEach((s) => s.points.forEach((one) => document.body.append(GP.facilityPopup(s, one))))")
    for name in ("index.html", "990821001001001.html", "990821001002001.html"):
        assert county.run("return window.PWNED === undefined")
        county.open(f"groups/{name}")
        time.sleep(0.2)
    assert county.run("return window.PWNED === undefined")


def test_the_index_filters_and_leads_to_a_group_page_with_its_map(browser, small):
    code = small.result.demand.groups.code.iloc[1]
    browser.open("groups/index.html")
    browser.run("const f = document.getElementById('filter'); f.value = arguments[0]; f.dispatchEvent(new Event('input'))", code)
    assert browser.run("return [...document.querySelectorAll('tbody tr')].filter((row) => row.offsetParent).length") == 1
    browser.run("[...document.querySelectorAll('tbody tr')].find((row) => row.offsetParent).querySelector('a').click()")
    browser.wait(f"return location.href.endsWith('{code}.html') && document.readyState === 'complete'")
    browser.wait("return document.querySelectorAll('.leaflet-gp-focus-pane path').length === 1")
    assert browser.run("return document.querySelectorAll('.leaflet-gp-points-pane path').length") >= 3
    assert browser.run("return document.getElementById('legend').children.length") >= 4


def test_the_link_in_a_popup_leads_to_the_page_of_that_group(county, small):
    code = small.result.demand.groups.code.iloc[0]
    county.find(code)
    _popup_rows(county)
    address = county.run("return document.querySelector('.leaflet-popup a.gp-open').href")
    assert address.endswith(f"/groups/{code}.html")
    county.driver.get(address)
    assert code in county.run("return document.body.innerText")


def test_printing_keeps_map_and_legend_on_one_landscape_page_and_hides_the_controls(county):
    county.run("window.dispatchEvent(new Event('beforeprint'))")
    assert county.run("return getComputedStyle(document.getElementById('gp-searchbox')).display") == "none"
    heights = county.run(
        "return [...document.querySelectorAll('#gp-legend li')].map((row) => row.getBoundingClientRect().height)"
    )
    assert len(heights) >= 5  # all met, two classes of counts (six items), unknown, nobody
    assert min(heights) > 10
    assert county.run(
        "return document.querySelector('.folium-map').getBoundingClientRect().right <= document.getElementById('gp-side').getBoundingClientRect().left"
    )
    assert county.run("const s = document.getElementById('gp-side'); return s.scrollHeight - s.clientHeight") <= 1
    county.run("window.dispatchEvent(new Event('afterprint'))")
    assert county.run("return getComputedStyle(document.getElementById('gp-searchbox')).display") != "none"
    paper = base64.b64decode(
        county.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})["data"]
    )
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    width, height = (float(one) for one in re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", paper).groups())
    assert width == pytest.approx(842, abs=2)
    assert height == pytest.approx(595, abs=2)


def test_the_rendered_document_is_still_offline(county):
    assert_offline(county.run("return document.body.outerHTML"))


def test_no_canvas_hides_the_ground_on_paper(county):
    """A canvas is opaque in a printed page: roads are drawn as paths."""
    assert county.run("return document.querySelectorAll('canvas').length") == 0
    assert county.run("return document.querySelectorAll('.leaflet-gp-roads-pane path').length") > 0
