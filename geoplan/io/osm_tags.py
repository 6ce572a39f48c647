"""Translate OpenStreetMap's tags into the canonical road columns: one small function per column, text in, value out.

Classes follow the practice of OpenStreetMap in China (trunk 国道, primary 省道, secondary 县道, tertiary 乡道, unclassified and residential 村道,
service 通组路). What a tag does not say stays ``unknown`` or NaN; nothing is guessed from the class.

By hand: ``maxspeed=50;60`` is 50 km/h (the lower), ``30 mph`` is 48.28 km/h, ``oneway=-1`` is −1, ``junction=roundabout`` is 1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

Tags = Mapping[str, str]

_KMH_PER_MPH = 1.609344
_KMH_PER_KNOT = 1.852
_M_PER_FOOT = 0.3048
_M_PER_INCH = 0.0254

ROAD_CLASS: dict[str, str] = {
    "motorway": "motorway",
    "trunk": "national",
    "primary": "provincial",
    "secondary": "county",
    "tertiary": "township",
    "unclassified": "village",
    "residential": "village",
    "living_street": "village",
    "busway": "village",
    "service": "group",
    "track": "track",
    "path": "path",
    "footway": "path",
    "pedestrian": "path",
    "steps": "path",
    "bridleway": "path",
    "cycleway": "path",
    "corridor": "path",
    "via_ferrata": "path",
}
NOT_A_ROAD = frozenset(
    "construction proposed planned abandoned razed demolished disused dismantled removed no platform bus_stop rest_area services raceway "
    "escape elevator emergency_bay toll_gantry street_lamp crossing stop give_way traffic_signals".split()
)
"""Values of ``highway`` on lines that carry no traffic: not built, no longer there, or not a way."""

_SURFACES: dict[str, str] = {
    "asphalt": "asphalt",
    "chipseal": "asphalt",
    "concrete": "concrete",
    "cement": "concrete",
    # Hard, but of what is not said: the slower of the two hard surfaces.
    "paved": "concrete",
    "paving_stones": "stone",
    "sett": "stone",
    "cobblestone": "stone",
    "unhewn_cobblestone": "stone",
    "bricks": "stone",
    "brick": "stone",
    "stone": "stone",
    "rock": "stone",
    "gravel": "gravel",
    "fine_gravel": "gravel",
    "compacted": "gravel",
    "pebblestone": "gravel",
    "crushed_limestone": "gravel",
    # Not hard, but of what is not said: the slower.
    "unpaved": "earth",
    "ground": "earth",
    "dirt": "earth",
    "earth": "earth",
    "soil": "earth",
    "mud": "earth",
    "sand": "earth",
    "grass": "earth",
    "clay": "earth",
    "laterite": "earth",
}
_WEAKEST_FIRST = ("unknown", "earth", "gravel", "stone", "concrete", "asphalt")
_NUMBER = re.compile(r"^\s*(\d+(?:[.,]\d+)?)\s*([a-z/'\"]*)\s*$", re.IGNORECASE)
_FEET = re.compile(r"^\s*(\d+)\s*'\s*(?:(\d+)\s*\"?)?\s*$")
_REFUSED = frozenset({"no", "none"})


def is_road(tags: Tags) -> bool:
    """Tell whether a way is a road, path or ferry line that exists and can be travelled along."""
    highway = tags.get("highway")
    if highway is not None:
        return highway not in NOT_A_ROAD and tags.get("area") != "yes"
    return tags.get("route") == "ferry"


def road_class(tags: Tags) -> str:
    """Return the canonical class; a road closed to vehicles is a path, a class nobody knows is ``unknown``."""
    highway = tags.get("highway")
    if highway is None:
        return "ferry" if tags.get("route") == "ferry" else "unknown"
    name = ROAD_CLASS.get(highway.removesuffix("_link"), "unknown")
    for key in ("motor_vehicle", "vehicle", "access"):
        if key in tags:
            return "path" if tags[key] == "no" else name
    return name


def surface(tags: Tags) -> str:
    """Return the canonical surface; of several the weakest, because a trip meets it."""
    if "highway" not in tags and tags.get("route") == "ferry":
        return "water"
    named = [one.strip().lower() for one in re.split(r"[;,/|]", tags.get("surface", "")) if one.strip()]
    found = [_SURFACES.get(one.split(":")[0], "unknown") for one in named]
    return min(found, key=_WEAKEST_FIRST.index) if found else "unknown"


def oneway(tags: Tags) -> int:
    """Return 1 along the line, −1 against it, 0 both ways (also where the direction alternates)."""
    value = tags.get("oneway", "").strip().lower()
    if value in ("yes", "true", "1"):
        return 1
    if value in ("-1", "reverse"):
        return -1
    if value:
        return 0
    implied = tags.get("junction") in ("roundabout", "circular") or tags.get("highway") in ("motorway", "motorway_link")
    return 1 if implied else 0


def crossing(tags: Tags) -> str:
    """Return how the line crosses what is in its way: bridge, tunnel, ford, ferry, or ``""``."""
    if "highway" not in tags and tags.get("route") == "ferry":
        return "ferry"
    if tags.get("ford", "no") not in _REFUSED:
        return "ford"
    if tags.get("bridge", "no") not in _REFUSED:
        return "bridge"
    # A passage through a building lies on the ground and meets other roads there.
    if tags.get("tunnel", "no") not in _REFUSED | {"building_passage"}:
        return "tunnel"
    return ""


def road_layer(tags: Tags) -> int:
    """Return the vertical layer, 0 when it is not given or not a number."""
    try:
        return int(float(tags.get("layer", "0").split(";")[0]))
    except (ValueError, OverflowError):
        return 0


def width_m(tags: Tags) -> float:
    """Return the width in metres, the narrowest of several; NaN when not given or not a length."""
    lengths = [_length_m(one) for one in tags.get("width", "").split(";")]
    known = [one for one in lengths if not math.isnan(one) and one > 0]
    return min(known) if known else math.nan


def maxspeed_kmh(tags: Tags) -> float:
    """Return the speed limit in km/h, the lowest of several and of the two directions; NaN when there is no number."""
    texts = [
        part for key in ("maxspeed", "maxspeed:forward", "maxspeed:backward") for part in re.split(r"[;|]", tags.get(key, ""))
    ]
    known = [one for one in map(_speed_kmh, texts) if not math.isnan(one) and one > 0]
    return min(known) if known else math.nan


def _speed_kmh(text: str) -> float:
    """Return one speed; units km/h (default), mph, knots."""
    match = _NUMBER.match(text)
    if match is None:
        return math.nan
    factor = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": _KMH_PER_MPH, "knots": _KMH_PER_KNOT}.get(match[2].lower())
    return math.nan if factor is None else float(match[1].replace(",", ".")) * factor


def _length_m(text: str) -> float:
    """Return one length; units metres (default), km, cm, feet and inches."""
    feet = _FEET.match(text)
    if feet is not None:
        return int(feet[1]) * _M_PER_FOOT + int(feet[2] or 0) * _M_PER_INCH
    match = _NUMBER.match(text)
    if match is None:
        return math.nan
    factor = {"": 1.0, "m": 1.0, "metre": 1.0, "metres": 1.0, "cm": 0.01, "km": 1000.0, "ft": _M_PER_FOOT}.get(match[2].lower())
    return math.nan if factor is None else float(match[1].replace(",", ".")) * factor
