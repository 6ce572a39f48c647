"""Describe what could happen to the roads and the ground: cuts, slow stretches, floods, and barriers that open; one YAML file beside the plan."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from geoplan.contracts.config import Frozen, Season

Crossing = Literal["bridge", "tunnel", "ford", "ferry", "rope", "bus", "board"]


class Landslide(Frozen):
    """A place where the ground gave way, and how far around."""

    x: float
    """Longitude or easting, in the scenario's CRS."""
    y: float
    """Latitude or northing."""
    radius_m: float = Field(gt=0)
    """Roads on the ground within so many metres are cut, inclusive."""


class Stretch(Frozen):
    """Which roads: those that every list given names.

    Shapes take the stretches that lie in them, and only what lies on the ground: bridges, tunnels, ferries and ropes pass over or under it
    unless ``crossings`` names them.
    """

    road_ids: list[str] = []
    """Ids of roads."""
    road_classes: list[str] = []
    """Classes of roads (``village``, ``track`` …)."""
    surfaces: list[str] = []
    """Surfaces (``earth``, ``gravel`` …)."""
    crossings: list[Crossing] = []
    """Kinds of crossings (``ford``, ``bridge`` …)."""
    landslides: list[Landslide] = []
    """Places around which roads are meant."""
    areas: list[str] = []
    """Polygons or lines as WKT in the scenario's CRS, or files beside the scenario (``slide.geojson``, ``slide.gpkg``)."""

    @model_validator(mode="after")
    def _names_something(self) -> Stretch:
        lists = (self.road_ids, self.road_classes, self.surfaces, self.crossings, self.landslides, self.areas)
        if not any(lists):
            raise ValueError("names no road: give road_ids, road_classes, surfaces, crossings, landslides or areas")
        return self


class SlowStretch(Stretch):
    """Roads that take longer."""

    factor: float = Field(ge=1)
    """Minutes by vehicle are multiplied by it."""
    on_foot: bool = False
    """Whether walkers are slowed as well."""


class Scenario(Frozen):
    """What happens; an empty scenario changes nothing."""

    version: Literal[1] = 1
    """Version of the scenario format."""
    name: str
    """Name in Chinese (or the plan's own language)."""
    name_en: str = ""
    """Name in English."""
    crs: str = "EPSG:4326"
    """CRS of the coordinates in this file."""
    seasons: list[Season] = []
    """Seasons it happens in; empty: all of the plan."""
    close: list[Stretch] = []
    """Roads that nobody passes, in a vehicle or on foot."""
    slow: list[SlowStretch] = []
    """Roads that take longer; factors multiply where two apply."""
    floods: list[str] = []
    """Flooded ground, as ``areas`` of a stretch: nobody walks there, and roads on the ground in it are closed."""
    open_barriers: list[str] = []
    """Barriers that people may cross: catalogue ids of barrier layers, or kinds (``barrier_kind``: ``river``, ``cliff`` …)."""

    def happens_in(self, season: str) -> bool:
        """Return whether it happens in a season."""
        return not self.seasons or season in self.seasons
