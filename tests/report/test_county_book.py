"""The county in one file: the pages of the folder word for word, totals that add up, and a browser that needs nothing else."""

from __future__ import annotations

import base64
import gzip
import html as entities
import json
import re
import time
from types import SimpleNamespace

import pytest

from geoplan.report import style
from geoplan.report.county_book import pack, write_county_book
from geoplan.report.drawing import draw_county
from geoplan.report.offline import assert_offline
from geoplan.report.page_remedies import print_remedies
from geoplan.report.pages import write_group_pages


def _bind(made, scene, folder, language="zh"):
    """Write pages and book of a made-up county; return the book's path, the pages kept, and the ledger."""
    drawing = draw_county(made.result, plan=made.plan, standards=made.standards, layers=made.layers)
    found = scene.make_coverage(made.result, made.standards)
    pages: dict[int, tuple[str, str]] = {}
    write_group_pages(
        made.result, plan=made.plan, standards=made.standards, layers=made.layers, folder=folder / "groups", language=language,
        drawing=drawing, ledger=found.ledger.ledger, keep=lambda k, body, ways: pages.__setitem__(k, (body, ways)),
    )  # fmt: skip
    path = write_county_book(
        made.result, folder / "county.html", plan=made.plan, standards=made.standards, drawing=drawing, pages=pages,
        sentences=["第一句 <b>x</b>"], ledger=found.ledger, ranking=found.ranking, language=language,
    )  # fmt: skip
    return SimpleNamespace(
        path=path, pages=pages, ledger=found.ledger.ledger, data=drawing.data, text=path.read_text(encoding="utf-8")
    )


@pytest.fixture(scope="module")
def bound(small, coverage_scene, tmp_path_factory):
    return _bind(small, coverage_scene, tmp_path_factory.mktemp("台账 county"))


def _unfold(text):
    return gzip.decompress(base64.b64decode(text)).decode("utf-8")


def _chunks(text):
    found = re.findall(r'<script type="text/plain" class="gp-chunk" data-code="([^"]*)">([^<]*)</script>', text)
    return {code: json.loads(_unfold(packed)) for code, packed in found}


def test_what_is_packed_unfolds_to_itself_with_the_same_bytes_every_time():
    text = "组" * 1000 + "</script>"
    assert _unfold(pack(text)) == text
    assert pack(text) == pack(text)


def test_every_page_of_the_folder_is_in_the_book_word_for_word(bound):
    inside = {code: page[0] for chunk in _chunks(bound.text).values() for code, page in chunk.items()}
    assert sorted(inside) == sorted(unit["c"] for unit in bound.data["units"])
    for place, unit in enumerate(bound.data["units"]):
        assert inside[unit["c"]] == bound.pages[place][0]
        page = (bound.path.parent / "groups" / f"{unit['c']}.html").read_text(encoding="utf-8")
        assert bound.pages[place][0] in page


def test_the_book_needs_nothing_else_and_runs_no_name(bound):
    assert_offline(bound.text)
    assert (
        "window.PWNED"
        not in re.sub(r'<script type="text/plain".*?</script>', "", bound.text, flags=re.S)
        .replace("\\u003c", "<")
        .split("gp-units")[0]
    )
    assert "<b>x</b>" not in bound.text
    assert "第一句 &lt;b&gt;x&lt;/b&gt;" in bound.text


def test_the_same_county_has_the_same_bytes(small, coverage_scene, bound, tmp_path):
    again = _bind(small, coverage_scene, tmp_path)
    assert again.path.read_bytes() == bound.path.read_bytes()


def test_the_overview_has_the_countys_people_and_the_ledgers_gaps(bound, small):
    county = small.result.coverage.county.set_index("item")
    open_ = bound.ledger[bound.ledger["status"] == "open"].groupby("item").size()
    rows = re.findall(r'<tr data-item="([^"]+)">(.*?)</tr>', bound.text)
    assert [one for one, _ in rows] == [one.id for one in small.standards.items]
    for item, row in rows:
        numbers = re.findall(r'<td class="gp-num">([^<]*)</td>', row)
        people = [int(one.replace(",", "")) for one in numbers[:4]]
        assert people == style.count_people(county.loc[[item]])[0].tolist()
        assert int(numbers[4].replace(",", "")) == int(open_.get(item, 0))
    total = re.search(r"<tfoot>(.*?)</tfoot>", bound.text)[1]
    counted = re.findall(r'<td class="gp-num">([^<]*)</td>', total)
    assert int(counted[1].replace(",", "")) == int(open_.sum())


def test_a_gap_shows_the_ledgers_remedy_cost_and_number(bound):
    """Every group and household row of the ledger stands on its group's page, a township's on all its groups' pages."""
    remedies = print_remedies(bound.data, bound.ledger, "zh")
    items = [one["id"] for one in bound.data["items"]]
    at = {unit["c"]: k for k, unit in enumerate(bound.data["units"])}
    own = bound.ledger[bound.ledger["level"].isin(["group", "household"]) & bound.ledger["unit_code"].isin(at)]
    assert len(own)
    for row in own.itertuples():
        told = entities.unescape(remedies[at[row.unit_code]][items.index(row.item)])
        assert row.gap_id in told
        assert row.remedy_zh in told
    assert print_remedies(bound.data, None, "zh") is None


def test_shared_and_unknown_costs_are_words_and_never_nothing(bound):
    row = bound.ledger[bound.ledger["level"].isin(["group", "household"])].iloc[[0, 0, 0]].reset_index(drop=True)
    items = [one["id"] for one in bound.data["items"]]
    kinds = ["ok", "shared", "no_data"]
    table = row.assign(
        cost_status=kinds,
        cost_with=["", f"x-{items[0]}", ""],
        capital_yuan=[12_000.0, float("nan"), float("nan")],
        yearly_yuan=[500.0, float("nan"), float("nan")],
    )
    unit = [unit["c"] for unit in bound.data["units"]].index(table["unit_code"].iloc[0])
    for kind, words in (("ok", "投资 1.2 万元,每年 500 元"), ("shared", "费用已计入“"), ("no_data", "费用待定")):
        told = print_remedies(bound.data, table[table["cost_status"] == kind], "zh")
        assert words in told[unit][items.index(table["item"].iloc[0])]


# --------------------------------------------------------------------------- a browser


@pytest.fixture(scope="module")
def browser(bound, driver):
    driver.get(bound.path.as_uri())
    return driver


def _wait(driver, script):
    for _ in range(100):
        found = driver.execute_script(script)
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"never true: {script}")


@pytest.mark.browser
def test_the_index_finds_by_name_village_and_code_and_opens_the_page(browser, bound):
    from selenium.webdriver.common.by import By

    unit = bound.data["units"][2]
    box = browser.find_element(By.ID, "filter")
    box.clear()
    box.send_keys(unit["c"])
    assert _wait(browser, "return document.querySelectorAll('#index-view tbody tr').length === 1")
    browser.find_element(By.CSS_SELECTOR, "#index-view tbody a").click()
    assert _wait(browser, "return !document.getElementById('page-view').hidden && document.querySelectorAll('#map path').length")
    assert browser.execute_script("return document.querySelectorAll('#page-view tr[data-item]').length") == len(
        bound.data["items"]
    )
    assert unit["c"] in browser.find_element(By.ID, "gp-code").text
    browser.find_element(By.ID, "gp-after").click()
    assert _wait(browser, f"return document.getElementById('gp-code').textContent.startsWith('{bound.data['units'][3]['c']}')")
    browser.execute_script("location.hash = '#overview'")
    assert _wait(browser, "return !document.getElementById('overview-view').hidden && !document.getElementById('map')")


@pytest.mark.browser
def test_every_link_of_the_index_opens_a_page_and_no_name_runs(browser, bound):
    browser.execute_script("document.getElementById('filter').value = ''; location.hash = '#index'")
    _wait(browser, f"return document.querySelectorAll('#index-view tbody tr').length === {len(bound.data['units'])}")
    links = browser.execute_script(
        "return [...document.querySelectorAll('#index-view tbody a')].map((one) => one.getAttribute('href'))"
    )
    for link in links:
        browser.execute_script("location.hash = arguments[0]", link)
        code = json.dumps(link.removeprefix("#g="))
        assert _wait(browser, f"return document.getElementById('gp-code').textContent.startsWith({code})")
    assert browser.execute_script("return window.PWNED") is None
    assert [one for one in browser.get_log("browser") if one["level"] == "SEVERE"] == []


@pytest.mark.browser
def test_the_book_asks_the_network_for_nothing(browser, bound):
    browser.get("about:blank")
    browser.get_log("performance")
    browser.get(bound.path.as_uri())
    events = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    asked = [one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"]
    assert {one for one in asked if not one.startswith(("data:", "blob:"))} <= {bound.path.as_uri()}


@pytest.mark.browser
def test_a_page_of_the_book_prints_on_a4(browser, bound):
    browser.execute_script("location.hash = arguments[0]", f"#g={bound.data['units'][0]['c']}")
    _wait(browser, "return document.querySelectorAll('#map path').length")
    paper = base64.b64decode(
        browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})["data"]
    )
    width, height = (float(one) for one in re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", paper).groups())
    assert (width, height) == (pytest.approx(595, abs=2), pytest.approx(842, abs=2))
    hidden = browser.execute_script(
        "return [...document.styleSheets].some((one) => [...one.cssRules].some((rule) => rule.media && rule.media.mediaText === 'print'))"
    )
    assert hidden
