"""The offline checker, Leaflet inlined, folium emptied."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import ConfigError
from geoplan.report.offline import (
    HillshadeImage,
    assert_offline,
    find_remote_references,
    inline_leaflet,
    leaflet_css,
    offline_map,
)

REMOTE = [
    '<script src="https://cdn.example/x.js"></script>',
    '<link rel="stylesheet" href="//cdn.example/x.css">',
    "<img src=http://h/x.png>",
    '<img srcset="a.png 1x, https://h/b.png 2x">',
    '<div style="background:url(https://h/x.png)"></div>',
    "<style>@import 'https://h/x.css';</style>",
    "<style>@font-face{src:url('//h/f.woff')}</style>",
    "<script>fetch('data.json')</script>",
    "<script>const u = 'https://tile.h/{z}.png';</script>",
    "<script>new XMLHttpRequest()</script>",
    "<script>import('./x.js')</script>",
    "<body onload=\"location='https://h'\">",
    '<meta http-equiv="refresh" content="0;url=https://h/">',
    '<svg><image xlink:href="https://h/a.png"/></svg>',
    '<iframe srcdoc="<script src=https://h/x.js></script>"></iframe>',
]
LOCAL = [
    '<script src="assets/leaflet.js"></script><a href="groups/index.html">x</a>',
    '<img src="data:image/png;base64,AAAA">',
    "<script>/*! licence: https://leafletjs.com */ const n = 'http://www.w3.org/2000/svg';</script>",
    '<script type="application/json">{"source":"https://example.org/data"}</script>',
    "<p>see https://example.org for the text</p>",
    "<style>/* https://h */ a{fill:url(#hatch)}</style>",
]


@pytest.mark.parametrize("html", REMOTE)
def test_every_way_of_loading_from_a_host_is_refused(html: str):
    with pytest.raises(ConfigError, match="PAGE-REMOTE"):
        assert_offline(f"<!DOCTYPE html><html><body>{html}</body></html>")


@pytest.mark.parametrize("html", LOCAL)
def test_local_data_comments_namespaces_and_plain_text_are_no_references(html: str):
    assert find_remote_references(html) == []


@settings(deadline=None, max_examples=40)
@given(st.from_regex(r"[a-z]{1,8}\.[a-z]{2,3}/[a-z]{0,6}", fullmatch=True), st.sampled_from(["src", "href", "poster", "data"]))
def test_any_host_in_a_link_attribute_is_found_whatever_surrounds_it(host: str, attribute: str):
    page = f"<p>{host}</p><x {attribute}='https://{host}'></x>"
    assert find_remote_references(page) == [f"https://{host}"]
    assert find_remote_references(page.replace("https://", "")) == []


def test_leaflet_is_inlined_whole_and_asks_for_nothing():
    text = inline_leaflet()
    assert "Leaflet 1.9" in text
    assert "L.map=" in text or ".map=function" in text
    assert find_remote_references(text) == []
    assert "images/" not in leaflet_css()
    assert leaflet_css().count("data:image/png;base64,") == 3
    assert "sourceMappingURL" not in text
    assert text.count("</script") == 1


def test_an_empty_offline_map_has_no_host_and_the_same_bytes_twice():
    shade = HillshadeImage("data:image/jpeg;base64,AAAA", (105.0, 32.0, 106.0, 33.0))
    once, twice = (offline_map((105.0, 32.0, 106.0, 33.0), background=shade).get_root().render() for _ in range(2))
    assert once == twice
    assert_offline(once)
    assert "bootstrap" not in once.lower()
    assert "jquery" not in once.lower()
    assert "data:image/jpeg;base64,AAAA" in once


def test_emptying_folium_on_one_map_leaves_other_maps_alone():
    import folium

    before = list(folium.Map.default_js)
    offline_map((105.0, 32.0, 106.0, 33.0))
    assert folium.Map.default_js == before
    assert before


def test_an_unknown_base_map_is_refused():
    with pytest.raises(ConfigError, match="MAP-BASEMAP"):
        offline_map((105.0, 32.0, 106.0, 33.0), basemaps=["google"])


def test_importing_geoplan_and_its_reports_loads_neither_folium_nor_osmnx_nor_pyplot():
    code = "import sys, geoplan, geoplan.report; print([m for m in ('folium', 'osmnx', 'matplotlib.pyplot') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
