"""How long people travel: speeds, road graph, off-road legs, the search, and road access."""

from geoplan.access.compute import compute_access
from geoplan.access.facilities import collect_facilities
from geoplan.access.network import build_network
from geoplan.access.roads import find_roads
from geoplan.access.snapping import snap, snap_all
from geoplan.access.speeds import edge_speed_kmh, tobler_kmh, walk_min
from geoplan.access.travel_time import nearest_facilities

__all__ = [
    "build_network",
    "collect_facilities",
    "compute_access",
    "edge_speed_kmh",
    "find_roads",
    "nearest_facilities",
    "snap",
    "snap_all",
    "tobler_kmh",
    "walk_min",
]
