"""The download, held against a stub server on the loopback that answers with a hand-written extract."""

from __future__ import annotations

import copy
import json
import socket
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import geopandas as gpd
import pytest

from geoplan.errors import LayerError
from geoplan.io.documents import read_catalog
from geoplan.io.fetch import fetch_area
from geoplan.io.vector import read_vector

#      4            A road of three nodes with a one-way lane at its middle, and, apart from it,
#      ^ way 20     a second component (5–6): a ferry.
#  1 - 2 - 3        way 10, concrete
_NODES = {1: (105.80, 32.30), 2: (105.81, 32.30), 3: (105.82, 32.30), 4: (105.81, 32.31), 5: (105.85, 32.33), 6: (105.86, 32.33)}
_NETWORK = {
    "elements": [
        {"type": "way", "id": 10, "nodes": [1, 2, 3], "tags": {"highway": "tertiary", "surface": "concrete", "name": "张<b>路"}},
        {"type": "way", "id": 20, "nodes": [2, 4], "tags": {"highway": "residential", "oneway": "yes", "width": "3.5"}},
        {"type": "way", "id": 30, "nodes": [5, 6], "tags": {"route": "ferry"}},
        {"type": "way", "id": 40, "nodes": [1, 4], "tags": {"highway": "proposed"}},
        *({"type": "node", "id": key, "lon": lon, "lat": lat} for key, (lon, lat) in _NODES.items()),
    ]
}
_FEATURES = {
    "elements": [
        {"type": "node", "id": 7, "lon": 105.805, "lat": 32.305, "tags": {"amenity": "clinic", "name": "村卫生室"}},
        {"type": "node", "id": 8, "lon": 105.806, "lat": 32.306, "tags": {"place": "hamlet", "name": "李家湾"}},
    ]
}


class _Stub(BaseHTTPRequestHandler):
    answers: list[str] = []
    status = 200
    remark = ""

    def do_GET(self) -> None:
        self._send(b"")

    def do_POST(self) -> None:
        query = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["data"][0]
        self.answers.append(query)
        elements = _NETWORK if '["route"="ferry"]' in query or '["highway"][' in query else _FEATURES
        self._send(json.dumps({**elements, "remark": self.remark}).encode())

    def _send(self, body: bytes) -> None:
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server():
    handler = type("Stub", (_Stub,), {"answers": []})
    stub = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=stub.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{stub.server_port}", handler
    stub.shutdown()
    stub.server_close()
    thread.join()


_BOUNDS = (105.79, 32.29, 105.87, 32.34)


def test_fetched_roads_keep_every_component_and_direction(server, tmp_path):
    """Ways 10 (cut at the junction: two lines), 20 (one way, away from node 2) and the ferry, its own component: 4 lines; the
    proposed road is none."""
    url, _ = server
    catalog = fetch_area(_BOUNDS, out=tmp_path, overpass_url=url, retrieved=date(2024, 5, 1))
    roads = gpd.read_file(tmp_path / "osm.gpkg", layer="roads")
    assert sorted(roads["road_id"]) == ["way/10/1", "way/10/2", "way/20/1", "way/30/1"]
    lane = roads.set_index("road_id").loc["way/20/1"]
    assert (lane["oneway"], lane["road_class"], lane["width_m"]) == (1, "village", 3.5)
    assert lane.geometry.coords[0] == _NODES[2]
    assert lane.geometry.coords[-1] == _NODES[4]
    main = roads[roads["road_id"].str.startswith("way/10")]
    assert set(main["oneway"]) == {0}
    assert set(main["surface"]) == {"concrete"}
    assert roads.set_index("road_id").loc["way/30/1", "road_class"] == "ferry"
    assert catalog.name == "catalog.yaml"


def test_fetched_layers_are_read_by_their_catalogue(server, tmp_path):
    """The snippet states licence, datum and vintage, and the reader takes it as it is."""
    url, _ = server
    path = fetch_area(_BOUNDS, out=tmp_path, overpass_url=url, retrieved=date(2024, 5, 1))
    catalog = read_catalog(path)
    assert {one.licence for one in catalog.layers.values()} == {"ODbL"}
    assert {one.vintage for one in catalog.layers.values()} == {"2024-05-01"}
    clinics, record, problems = read_vector(catalog.layers["clinics"], layer_id="clinics", base=tmp_path, crs=None)
    assert clinics["facility_id"].tolist() == ["node/7"]
    assert (record.rows_out, problems) == (1, [])
    places, _, _ = read_vector(catalog.layers["settlements"], layer_id="settlements", base=tmp_path, crs=None)
    assert places["name"].tolist() == ["李家湾"]


def test_fetching_leaves_osmnx_and_the_resolver_as_they_were(server, tmp_path):
    """Module settings and socket.getaddrinfo after the call are those before it, also when the server fails."""
    import osmnx

    def state():
        return {
            k: copy.deepcopy(v)
            for k, v in vars(osmnx.settings).items()
            if k[0] != "_" and isinstance(v, str | int | list | dict | type(None))
        }

    url, handler = server
    before, resolver = state(), socket.getaddrinfo
    fetch_area(_BOUNDS, out=tmp_path, overpass_url=url)
    assert state() == before
    handler.status = 400
    with pytest.raises(LayerError, match="FETCH-FAILED"):
        fetch_area(_BOUNDS, out=tmp_path / "second", overpass_url=url)
    assert state() == before
    assert socket.getaddrinfo is resolver
    assert not (tmp_path / "second" / "osm.gpkg").exists()


@pytest.mark.parametrize(
    "bounds", [(1.0, 2.0), (106.0, 32.0, 105.0, 33.0), (0.0, 0.0, 90.0, 90.0), (float("nan"), 0.0, 1.0, 1.0)]
)
def test_no_area_is_refused_before_any_request(bounds, tmp_path):
    """Reversed, oversized, unordered or unfinished bounds."""
    with pytest.raises(LayerError, match="FETCH-AREA"):
        fetch_area(bounds, out=tmp_path)
