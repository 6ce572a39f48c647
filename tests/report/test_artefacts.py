"""The files as they leave: no remote reference, safe text, the same bytes twice, within the stated size and time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from geoplan.contracts.grid import Grid
from geoplan.errors import ConfigError
from geoplan.report.background import rescale, shade_background
from geoplan.report.drawing import draw_county
from geoplan.report.maps import coverage_map
from geoplan.report.offline import assert_offline, find_remote_references
from geoplan.report.pages import write_group_pages
from geoplan.report.quality import quality_page


def _map(made, **options) -> str:
    return coverage_map(made.result, plan=made.plan, standards=made.standards, layers=made.layers, **options).get_root().render()


def _pages(made, folder: Path, **options) -> list[str]:
    return write_group_pages(made.result, plan=made.plan, standards=made.standards, layers=made.layers, folder=folder, **options)


class _Text(HTMLParser):
    """Collect start tags, and text outside scripts and styles."""

    def __init__(self):
        super().__init__()
        self.tags, self.text, self.events, self._skip = [], "", [], False

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.events += [name for name, _ in attrs if name.startswith("on")]
        self._skip = tag in ("script", "style")

    def handle_endtag(self, tag):
        self._skip = False

    def handle_data(self, data):
        if not self._skip:
            self.text += data


def _read(html: str) -> _Text:
    page = _Text()
    page.feed(html)
    page.close()
    return page


def test_the_county_map_refers_to_nothing_outside_and_its_data_parse(small):
    html = _map(small)
    assert_offline(html)
    found = re.search(r'<script type="application/json" id="gp-data">(.*?)</script>', html, re.DOTALL)
    data = json.loads(found.group(1))
    assert [unit["n"] for unit in data["units"]] == small.result.demand.groups.name.tolist()
    assert len(data["settlements"]["id"]) == 12


def test_no_name_becomes_markup_on_any_page(small, tmp_path):
    _pages(small, tmp_path)
    pages = [_map(small), quality_page(small.result.checks, plan=small.plan, records=small.result.records)]
    pages += [path.read_text(encoding="utf-8") for path in sorted(tmp_path.glob("*.html"))]
    for html in pages:
        page = _read(html)
        assert page.events == []
        assert not {"img", "i", "iframe"} & set(page.tags)
    assert "<script>window.PWNED=1</script>" in _read((tmp_path / "990821001001001.html").read_text(encoding="utf-8")).text


def test_a_county_named_in_markup_does_not_break_out_of_the_title(small):
    hostile = small.plan.model_copy(update={"name": "</title><script>window.PWNED=9</script>{{ 7*7 }}"})
    html = coverage_map(small.result, plan=hostile, standards=small.standards, layers=small.layers).get_root().render()
    assert "<script>window.PWNED" not in html
    assert "{{ 7*7 }}" in html


def test_no_name_is_read_as_a_template(small, tmp_path):
    """``{{ 7*7 }}`` as a place's name stays six characters of text: read as a template it would be 49, and could be any code."""
    names = small.result.demand.settlements["name"].tolist()
    names[3:5] = ["村{{ 7*7 }}", "村{% raw %}{{ cycler.__init__.__globals__.os.getpid() }}"]
    settlements = small.result.demand.settlements.assign(name=names)
    made = replace(small, result=replace(small.result, demand=replace(small.result.demand, settlements=settlements)))
    html = _map(made)
    assert [one for one in names[3:5] if f'"{one}"' not in html] == []
    assert "村49" not in html
    _pages(made, tmp_path)
    text = "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("9*.html"))
    assert [one for one in names[3:5] if one not in text] == []


def test_every_page_of_the_folder_refers_only_to_files_that_are_there(small, tmp_path):
    names = _pages(small, tmp_path / "groups")
    assert len([name for name in names if name.endswith(".html")]) == 7
    for name in names:
        text = (tmp_path / "groups" / name).read_text(encoding="utf-8")
        if name.endswith(".html"):
            assert_offline(text)
            for link in re.findall(r'(?:src|href)="([^"]+)"', text):
                assert link == "../coverage_map.html" or (tmp_path / "groups" / link).is_file()
        elif name.endswith(".js"):
            assert find_remote_references(f"<script>{text}</script>") == []
        else:
            assert find_remote_references(f"<style>{text}</style>") == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_same_input_gives_the_same_bytes(small, tmp_path, language: str):
    assert _map(small, language=language) == _map(small, language=language)
    for folder in ("a", "b"):
        _pages(small, tmp_path / folder, language=language)
    for path in sorted((tmp_path / "a").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_a_group_page_prints_the_figures_of_the_tables(small, tmp_path):
    _pages(small, tmp_path)
    code = small.result.demand.groups.code.iloc[1]
    html = (tmp_path / f"{code}.html").read_text(encoding="utf-8")
    groups = small.result.coverage.groups
    for row in groups[groups.code == code].itertuples():
        assert f'class="is-{row.coverage}" data-item="{row.item}"' in html
    text = _read(html).text
    for one in small.result.demand.settlements.query("group_code == @code").itertuples():
        assert one.settlement_id in text
    assert "转引" in text
    assert "修建硬化路或就近设点" in text
    assert "位于滑坡高易发区" in text
    assert "人口未知" in text


def test_index_totals_equal_the_roll_up(small, tmp_path):
    _pages(small, tmp_path, language="en")
    groups = small.result.coverage.groups.drop_duplicates("code")
    text = _read((tmp_path / "index.html").read_text(encoding="utf-8")).text
    assert f"units 6 · settlements 12 · people {groups.persons.sum():,.0f}" in text
    assert "settlements of unknown people 1" in text


def test_without_groups_there_is_a_page_per_village_and_without_units_only_the_index(small, tmp_path):
    demand, coverage = small.result.demand, small.result.coverage
    no_groups = replace(small.result, demand=replace(demand, groups=demand.groups.iloc[:0]))
    names = _pages(replace(small, result=no_groups), tmp_path / "v")
    assert [name for name in names if name.endswith(".html")] == [
        *(f"{code}.html" for code in demand.villages.code),
        "index.html",
    ]
    nothing = replace(
        demand, groups=demand.groups.iloc[:0], villages=demand.villages.iloc[:0], townships=demand.townships.iloc[:0]
    )
    empty = replace(
        coverage, groups=coverage.groups.iloc[:0], villages=coverage.villages.iloc[:0], townships=coverage.townships.iloc[:0]
    )
    names = _pages(replace(small, result=replace(small.result, demand=nothing, coverage=empty)), tmp_path / "n")
    assert [name for name in names if name.endswith(".html")] == ["index.html"]


def test_map_and_pages_drawn_from_one_drawing_are_those_drawn_apart(small, tmp_path):
    drawing = draw_county(small.result, plan=small.plan, standards=small.standards, layers=small.layers)
    assert _map(small, drawing=drawing) == _map(small)
    assert _pages(small, tmp_path / "a", drawing=drawing) == _pages(small, tmp_path / "b")
    for path in sorted((tmp_path / "a").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_a_drawing_that_has_no_pages_is_not_taken_for_one_that_has(small, tmp_path):
    """Without polygons the map draws settlements; the pages still go by group, whatever drawing they are handed."""
    demand = small.result.demand
    bare = {level: getattr(demand, level).iloc[:0] for level in ("groups", "villages", "townships", "county")}
    made = replace(small, result=replace(small.result, demand=replace(demand, **bare)))
    drawing = draw_county(made.result, plan=made.plan, standards=made.standards, layers=made.layers)
    assert drawing.data["units"] == []
    assert _pages(made, tmp_path / "a", drawing=drawing) == _pages(made, tmp_path / "b")
    assert (tmp_path / "a" / "990821001001001.html").is_file()


def test_drawing_a_map_does_not_load_matplotlib():
    code = "import sys, geoplan.report.maps, geoplan.report.pages, geoplan.report.elements, folium; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_progress_counts_every_page(small, tmp_path):
    seen: list[tuple[int, int]] = []
    _pages(small, tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(k, 6) for k in range(1, 7)]


def test_a_group_that_is_not_there_is_an_error_and_one_that_is_is_focused(small):
    code = small.result.demand.groups.code.iloc[2]
    assert f'"focus":"{code}"' in _map(small, group=code)
    with pytest.raises(ConfigError, match="MAP-GROUP"):
        _map(small, group="nowhere")


def test_online_base_maps_appear_only_when_the_plan_lists_them(small):
    def listed(**output):
        plan = small.plan.model_copy(update={"output": small.plan.output.model_copy(update=output)})
        return coverage_map(small.result, plan=plan, standards=small.standards, layers=small.layers).get_root().render()

    assert "tile.openstreetmap.org" not in listed()
    assert "tile.openstreetmap.org" in listed(basemaps=["osm"])
    assert "tk=KEY" in listed(basemaps=["tianditu"], tianditu_key="KEY")
    with pytest.raises(ConfigError, match="MAP-BASEMAP"):
        listed(basemaps=["tianditu"])


@pytest.mark.slow
def test_a_full_county_stays_under_three_megabytes_and_its_pages_are_quick(large, tmp_path):
    """700 groups × 20 items, 1,500 settlements, 4,000 roads. The time allows for a busy machine; see the room's figures."""
    html = _map(large)
    assert len(html.encode("utf-8")) < 3_000_000
    assert_offline(html)
    began = time.process_time()
    names = _pages(large, tmp_path)
    assert len([name for name in names if name.endswith(".html")]) == 701
    assert time.process_time() - began < 6.0


def test_the_hillshade_is_a_small_picture_linear_in_web_mercator(small):
    """Its corners are the DEM's own bounds in 3857: about 8.5 × 5.8 km around 105.78°E, 32.18°N."""
    shade = shade_background(small.layers.rasters["dem"])
    assert len(shade.uri) < 300_000
    assert shade.uri.startswith("data:image/jpeg;base64,")
    west, south, east, north = shade.bounds_lonlat
    assert 105.73 < west < 105.75
    assert 105.82 < east < 105.84
    assert 32.15 < south < north < 32.22


def test_a_noisy_dem_still_fits_the_size_by_losing_quality_not_by_failing(small):
    dem = small.layers.rasters["dem"]
    noise = Grid(np.random.default_rng(0).normal(900, 80, (1200, 1500)), rescale(dem.transform, 0.2), dem.crs)
    assert len(shade_background(noise).uri) <= 300_000
    assert len(shade_background(noise, max_uri_bytes=60_000).uri) <= 60_000


def test_voids_of_the_dem_are_paper_not_shadow(small):
    from base64 import b64decode
    from io import BytesIO

    from PIL import Image

    dem = small.layers.rasters["dem"]
    values = dem.values.copy()
    values[:, :150] = np.nan
    shade = shade_background(Grid(values, dem.transform, dem.crs))
    picture = np.asarray(Image.open(BytesIO(b64decode(shade.uri.split(",")[1]))))
    assert picture[:, : picture.shape[1] // 3].min() > 235
    assert picture[:, picture.shape[1] * 2 // 3 :].min() < 235


@pytest.mark.parametrize(
    ("language", "words"), [("zh", ("不能运行", "补零", "修复几何")), ("en", ("Not ready", "pad them", "make them valid"))]
)
def test_the_quality_page_shows_errors_first_with_remedy_and_ids(small, language: str, words: tuple[str, ...]):
    html = quality_page(small.result.checks, plan=small.plan, records=small.result.records, language=language)
    assert_offline(html)
    text = _read(html).text
    assert all(word in text for word in words)
    assert text.index("GEOM-INVALID") < text.index("CODE-SHORT")
    assert "1, <b>2" in text
    assert "abababababab" in text
    assert text.count("CC BY 4.0") == len(small.result.records)


def test_the_quality_page_breaks_names_between_words_and_keeps_them_whole_for_copying(small):
    problem = replace(small.result.checks.problems[0], layer="hazard_survey", column="<b>kind_x")
    page = quality_page(replace(small.result.checks, problems=(problem,)), plan=small.plan, records=())
    assert "hazard_<wbr>survey.<wbr>&lt;b&gt;kind_<wbr>x" in page
    assert "hazard_survey.<b>kind_x" in _read(page).text


def test_the_quality_page_of_a_clean_plan_says_so(small):
    clean = replace(small.result.checks, problems=())
    assert "可以运行" in quality_page(clean, plan=small.plan, records=())
