"""What a resettlement office does, in a real browser without a network: open, read the sums, find, switch, follow a site to its groups, print."""

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from geoplan.report.offline import assert_offline
from geoplan.report.pages import write_group_pages
from geoplan.report.relocation_page import relocation_map
from geoplan.report.site_pages import write_site_pages

pytestmark = pytest.mark.browser


@dataclass
class Browser:
    """A browser on the relocated county, and the log of what it asked for."""

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

    def print_pages(self) -> tuple[int, float, float]:
        """Return how many pages the open page prints on, and their width and height, points."""
        paper = base64.b64decode(
            self.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})["data"]
        )
        width, height = (float(one) for one in re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", paper).groups())
        return len(re.findall(rb"/Type\s*/Page\b", paper)), width, height


@pytest.fixture(scope="module")
def browser(relocated, driver, tmp_path_factory):
    folder = tmp_path_factory.mktemp("搬迁 map")
    shared = {"plan": relocated.plan, "standards": relocated.standards, "layers": relocated.layers}
    html = relocation_map(relocated.result, parts=relocated.parts, **shared).get_root().render()
    (folder / "relocation_map.html").write_text(html, encoding="utf-8")
    write_site_pages(relocated.result, parts=relocated.parts, folder=folder / "sites", **shared)
    write_group_pages(relocated.result, folder=folder / "groups", relocation=relocated.parts, **shared)
    return Browser(driver, folder)


@pytest.fixture
def plan_map(browser):
    browser.open("relocation_map.html")
    browser.wait("return window.GP && document.querySelectorAll('#gp-legend li').length")
    return browser


def _site_page(relocated) -> str:
    return f"sites/site_{relocated.parts.allocation.sites.query('opened')['site_id'].iloc[0]}.html"


def test_opening_map_index_and_page_asks_for_files_only_and_logs_no_error(browser, relocated):
    browser.driver.get("about:blank")
    browser.driver.get_log("performance"), browser.driver.get_log("browser")
    for name in ("relocation_map.html", "sites/index.html", _site_page(relocated)):
        browser.open(name)
        browser.wait("return document.readyState === 'complete'")
        time.sleep(0.3)
    events = (json.loads(entry["message"])["message"] for entry in browser.driver.get_log("performance"))
    asked = [one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"]
    asked = [url for url in asked if url != "about:blank"]
    assert len(asked) >= 3
    assert {url.split(":", 1)[0] for url in asked} <= {"file", "data", "blob"}
    assert browser.driver.get_log("browser") == []


def test_the_sums_on_the_page_are_those_of_the_tables(plan_map, relocated):
    cells = plan_map.run("return [...document.querySelectorAll('#gp-balance tbody tr')].map((row) => row.cells[1].innerText)")
    people = [int(one.replace(",", "")) for one in cells]
    table = relocated.parts.allocation.settlements
    assert sum(people[:4]) == people[4] == round(relocated.result.demand.settlements["persons"].sum())
    assert people[0] == pytest.approx(table.query("move == 'assigned'")["persons"].sum(), abs=1)
    assert plan_map.run("return document.getElementById('gp-check').innerText").startswith("✓")
    drawn = plan_map.run("return [GP.moveLines.length, document.querySelectorAll('.gp-site-badge').length]")
    assert drawn == [len(relocated.parts.allocation.moves), relocated.parts.allocation.sites["opened"].sum()]


def test_the_page_speaks_english_when_asked_and_leaves_no_chinese_but_names(plan_map):
    assert "示例县" in plan_map.driver.title
    plan_map.run("document.getElementById('gp-lang').click()")
    assert plan_map.driver.title == "Example County: who moves where"
    text = plan_map.run("return document.getElementById('gp-side').innerText + document.getElementById('gp-head').innerText")
    assert set(re.findall("[一-鿿]+", text)) <= {"中文", "示例县自然资源局"}


def test_a_settlement_found_tells_how_sure_it_is_and_where_it_goes(plan_map, relocated):
    moved = relocated.parts.allocation.settlements.query("move == 'assigned'").iloc[0]
    plan_map.find(moved.settlement_id)
    text = plan_map.wait("const p = document.querySelector('.leaflet-popup'); return p && p.innerText")
    assert moved.settlement_id in text
    assert f"{moved.travel_min:.1f} 分钟" in text
    assert moved.reason_zh in text
    assert "1,000 次" in text
    links = plan_map.run("return [...document.querySelectorAll('.leaflet-popup a.gp-open')].map((a) => a.href)")
    assert [one.split("/")[-2] for one in links] == ["groups", "sites"]


def test_opening_a_site_brings_its_own_moves_to_the_fore_and_its_page_leads_to_the_groups(plan_map, relocated):
    site = relocated.parts.allocation.sites.query("opened").iloc[0]
    plan_map.find(site.site_id)
    plan_map.wait("return document.querySelector('.leaflet-popup a.gp-open')")
    strong = "return GP.moveLines.map((one) => [one.site, one.getLayers()[1].options.opacity > 0.5])"
    number = plan_map.run("return GP.data.sites.findIndex((one) => one.i === arguments[0])", site.site_id)
    assert all(on == (of == number) for of, on in plan_map.run(strong))
    plan_map.run("map = document.querySelector('.leaflet-popup-close-button').click()")
    plan_map.wait("return GP.moveLines.every((one) => one.getLayers()[1].options.opacity > 0.5)")
    plan_map.find(site.site_id)
    address = plan_map.wait("const a = document.querySelector('.leaflet-popup a.gp-open'); return a && a.href")
    plan_map.driver.get(address)
    plan_map.wait("return document.querySelectorAll('.leaflet-gp-moves-pane path').length >= 2")
    assert plan_map.run("return document.querySelectorAll('#legend > span').length") >= 6
    plan_map.run("document.querySelector('.gp-group a').click()")
    plan_map.wait("return location.href.includes('/groups/') && document.readyState === 'complete'")
    assert "就地保障还是搬迁" in plan_map.run("return document.body.innerText")


def test_every_layer_switches_on_and_ruled_out_ground_tells_its_area(plan_map):
    plan_map.run("document.querySelectorAll('#gp-layers input').forEach((box) => box.checked || box.click())")
    text = plan_map.run("return document.getElementById('gp-layers').innerText")
    area = plan_map.run("return GP.data.exclusions[0].a / 1e6")
    assert f"坡度大于 15° {area:,.1f}\u00a0km²" in text
    assert plan_map.run("return document.querySelectorAll('.leaflet-gp-excluded-pane img').length") == 1
    assert "距全天候道路" in plan_map.run("return document.getElementById('gp-excluded').innerText")
    assert plan_map.run("return [...document.querySelectorAll('#gp-layers input')].every((box) => box.checked)")


def test_no_two_badges_write_over_one_another(plan_map):
    words = plan_map.run(
        "return [...document.querySelectorAll('.gp-load-text')].filter((one) => one.style.visibility !== 'hidden')"
        ".map((one) => { const b = one.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"
    )
    assert words
    for k, (left, top, right, bottom) in enumerate(words):
        for a, b, c, d in words[k + 1 :]:
            assert c <= left or a >= right or d <= top or b >= bottom


def test_hostile_names_stay_text_wherever_they_are_shown(plan_map, relocated):
    for text in ("window.PWNED", "onerror", "cmd", "onmouseover", "quoted", "注释"):
        plan_map.find(text)
    plan_map.run("GP.data.settlements.id.forEach((_, i) => document.body.append(GP.relocationPopup(i, '')))")
    plan_map.run("GP.data.sites.forEach((_, k) => document.body.append(GP.sitePopup(k, '')))")
    plan_map.run("GP.data.links.forEach((_, k) => document.body.append(GP.linkPopup(k)))")
    time.sleep(0.2)
    assert plan_map.run("return window.PWNED === undefined")
    for name in ("sites/index.html", _site_page(relocated)):
        plan_map.open(name)
        time.sleep(0.2)
        assert plan_map.run("return window.PWNED === undefined")


def test_the_index_of_sites_filters_by_name_code_and_township(browser, relocated):
    opened = relocated.parts.allocation.sites.query("opened")
    browser.open("sites/index.html")
    shown = "return [...document.querySelectorAll('tbody tr')].filter((row) => row.offsetParent).length"
    assert browser.run(shown) == len(opened)
    filter_by = "const f = document.getElementById('filter'); f.value = arguments[0]; f.dispatchEvent(new Event('input'))"
    browser.run(filter_by, opened["site_id"].iloc[0])
    assert browser.run(shown) == 1
    browser.run(filter_by, "柏林镇1")
    assert browser.run(shown) >= 1
    browser.run(filter_by, "no such site")
    assert browser.run(shown) == 0


def test_the_map_prints_on_one_landscape_page_with_its_sums_and_legend(plan_map):
    plan_map.run("window.dispatchEvent(new Event('beforeprint'))")
    assert plan_map.run("return getComputedStyle(document.getElementById('gp-searchbox')).display") == "none"
    assert plan_map.run("const s = document.getElementById('gp-side'); return s.scrollHeight - s.clientHeight") <= 1
    layers = "return getComputedStyle(document.querySelector('.gp-layer-box')).display"
    assert plan_map.run(layers) == "none", "the legend tells what is shown to begin with"
    heights = plan_map.run(
        "return ['gp-balance', 'gp-legend', 'gp-check'].map((id) => document.getElementById(id).getBoundingClientRect().height)"
    )
    assert min(heights) > 8
    plan_map.run("window.dispatchEvent(new Event('afterprint'))")
    pages, width, height = plan_map.print_pages()
    assert pages == 1
    assert (width, height) == (pytest.approx(842, abs=2), pytest.approx(595, abs=2))


def test_a_sites_page_prints_on_upright_a4(browser, relocated):
    browser.open(_site_page(relocated))
    browser.wait("return document.querySelectorAll('.leaflet-gp-moves-pane path').length >= 2")
    pages, width, height = browser.print_pages()
    assert pages <= 4
    assert (width, height) == (pytest.approx(595, abs=2), pytest.approx(842, abs=2))


def test_the_rendered_document_is_still_offline(plan_map):
    assert_offline(plan_map.run("return document.body.outerHTML"))
