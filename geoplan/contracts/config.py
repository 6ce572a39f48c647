"""Describe the plan file and the layer catalogue: frozen, unknown keys refused, every field with its unit."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from geoplan.contracts.allocation_config import AllocationConfig
from geoplan.contracts.base import Code as Code
from geoplan.contracts.base import Datum as Datum
from geoplan.contracts.base import EcologyKind as EcologyKind
from geoplan.contracts.base import Frozen as Frozen
from geoplan.contracts.base import HazardClassName as HazardClassName
from geoplan.contracts.base import HazardKind as HazardKind
from geoplan.contracts.base import Mode as Mode
from geoplan.contracts.base import Season as Season
from geoplan.contracts.certainty_config import CertaintyConfig, WeightScheme
from geoplan.contracts.coverage_config import CoverageConfig
from geoplan.contracts.screening_config import RunOutConfig, ScreeningConfig

# --------------------------------------------------------------------------- catalogue


class LayerSpec(Frozen):
    """One layer of the catalogue: where it is, what it is, and how its columns are called here."""

    path: str | list[str]
    """File path relative to the catalogue, a list of tiles for a mosaic, or ``postgis:<url env var>``."""
    layer: str | None = None
    """Layer inside a GeoPackage or FileGDB, sheet of a workbook, or table of a database."""
    crs: str | None = None
    """CRS to use when the file carries none (e.g. ``EPSG:4490``); a file's own CRS must agree with it."""
    datum: Datum
    """What the coordinates really refer to; GCJ-02 and BD-09 are converted exactly."""
    vintage: str
    """Date or year of survey, ISO 8601."""
    licence: str
    """Licence or permission under which the layer is used."""
    source: str = ""
    """Who made it; shown beside every number that rests on it."""
    encoding: str | None = None
    """Text encoding of a Shapefile or CSV (e.g. ``gb18030``); found from the file when absent."""
    columns: dict[str, str] = {}
    """Source column name → canonical column name."""
    values: dict[str, dict[str, Any]] = {}
    """Canonical column → {source value: canonical value}, e.g. ``surface: {沥青: asphalt}``."""
    constants: dict[str, Any] = {}
    """Canonical column → one value for every row."""
    where: dict[str, list[str]] = {}
    """Keep the rows whose source column (or OSM tag) has one of the values; ``["*"]`` keeps any value."""
    x: str | None = None
    """Column holding longitude or easting, for tables."""
    y: str | None = None
    """Column holding latitude or northing, for tables."""
    located: bool = True
    """False for a table of facts without places (a survey), joined to another layer by its ids."""
    osm: Literal["points", "roads", "areas"] | None = None
    """What to take from an ``.osm.pbf``."""
    band: int = 1
    """Band of a raster, from 1."""
    nodata: float | None = None
    """Extra nodata value of a raster beside the one in the file."""
    keep: list[str] = []
    """Further source columns to keep under their own names (never exported unless the plan lists them)."""


class Catalog(Frozen):
    """The layers of a county, each listed once."""

    version: Literal[1] = 1
    """Version of the catalogue format."""
    layers: dict[str, LayerSpec]
    """Layer id → description."""


# --------------------------------------------------------------------------- plan file


class ServiceConfig(Frozen):
    """A service people travel to: one entry makes one column of travel times."""

    id: Code
    """Identifier used by standards (``clinic``, ``primary_school``, ``water`` …)."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    layers: list[str]
    """Catalogue ids of the facility layers."""
    levels: list[str] = []
    """Facility levels that provide it (empty: all)."""
    mode: Mode = "ride"
    """``walk``: on foot all the way; ``ride`` (or ``car``), ``bus``, ``motorcycle``, ``bicycle``: on foot to where the vehicle is quicker."""
    walker: str = "adult"
    """Who walks, of the walking preset: ``adult``, ``child``, ``elder``, ``carrying_water``, ``carrying_patient`` …"""
    trip: Literal["one_way", "round_trip"] = "one_way"
    """One way to the facility, or there and back to the same facility."""
    kind: Literal["facility", "water"] = "facility"
    """``water`` also reports level distance and climb."""
    times: bool = True
    """False: only where its facilities stand is asked (presence, ratio, radius); no travel times are searched."""


class HazardConfig(Frozen):
    """One hazard layer and how a place becomes exposed to it."""

    layer: str
    """Catalogue id; vector or raster."""
    kind: HazardKind
    """Hazard kind."""
    radius_m: float | None = Field(default=None, gt=0)
    """Threatened radius of points that carry no ``radius_m`` of their own, metres."""
    setback_m: float | None = Field(default=None, gt=0)
    """Setback on each side of lines that carry no ``setback_m`` of their own, metres."""
    hazard_class: HazardClassName | None = None
    """Class of features that carry no ``hazard_class`` of their own."""
    thresholds: dict[HazardClassName, float] = {}
    """Raster only: smallest value (e.g. flood depth in metres) of each class."""
    classes: dict[int, HazardClassName | Literal["none"]] = {}
    """Raster of class codes only, instead of ``thresholds``: class of each code; a code that is not listed is unknown."""
    survey_area: str | None = None
    """Catalogue id of the polygons that were surveyed; outside is unknown. Without it the layer's own county is NOT assumed."""


class AccessConfig(Frozen):
    """How people travel."""

    speeds: str = "speeds_cn_2026"
    """Speed preset: name or path."""
    seasons: list[Season] = Field(default=["dry", "wet"], min_length=1)
    """Seasons to compute."""
    walk_kmh: float = Field(default=5.0, gt=0)
    """Walking speed on level ground, km/h (Tobler's function is scaled to it)."""
    walking: str = "walking_2026"
    """Walking preset, name or path: speed by land cover and by who walks."""
    landcover: str | None = None
    """Catalogue id of the land-cover classes; without it all ground is walked at ``walk_kmh``."""
    landcover_fractions: dict[int, str] = {}
    """Instead of ``landcover``: class code → catalogue id of the layer with its share, percent; the largest share is a cell's class."""
    sea: bool = False
    """Take ground at or below 0 m without known land cover, joined to the edge of the elevation model, for sea: nobody walks there."""
    neighbours: Literal[8, 16] = 16
    """Moves from a cell: on level ground paths of 8 are up to 8.2 % too long, of 16 up to 2.75 %."""
    length: Literal["level", "slope"] = "level"
    """Whether walking lengths are measured on the map, as Tobler's function has them, or along the slope."""
    cliff_deg: float | None = Field(default=45.0, gt=0, lt=90)
    """Steeper than this nobody walks, degrees; null: no limit."""
    smooth: Literal["none", "mean3"] = "none"
    """Filter the heights go through before walking: none, or the mean of 3 × 3 cells."""
    fill_cells: int = Field(default=0, ge=0, le=50)
    """Voids of the elevation model up to so many cells from known heights are filled for walking; the rest is impassable."""
    move_max_m: float = Field(default=500.0, ge=0)
    """A point that no walk leaves (on water, off the grid) is moved at most so far, metres; beyond it is unsnapped."""
    gap_tolerance_m: float = Field(default=2.0, ge=0)
    """Road ends closer than this are joined and reported, metres."""
    barriers: list[str] = []
    """Catalogue ids of lines or polygons nobody walks across (rivers, cliffs, fences, water)."""
    wet_barriers: list[str] = []
    """Catalogue ids of further barriers in the wet season (flooded ground)."""
    bus_lines: str | None = None
    """Catalogue id of the bus lines, for mode ``bus``: lines with ``headway_min``."""
    bus_stops: str | None = None
    """Catalogue id of the bus stops, for mode ``bus``; passengers board where one lies within 50 m of a line."""


class SitesConfig(Frozen):
    """How receiving sites (安置点) are found."""

    cell_m: float = Field(default=30.0, gt=0)
    """Cell of the suitability surface, metres."""
    slope_max_deg: float = Field(default=15.0, gt=0, lt=90)
    """Steepest buildable ground, degrees."""
    min_area_m2: float = Field(default=10_000.0, gt=0)
    """Smallest candidate patch, square metres."""
    min_width_m: float = Field(default=0.0, ge=0)
    """Narrower ground is no candidate, metres; never less than two cells."""
    min_compactness: float | None = Field(default=None, ge=0, le=0.7853)
    """Least 4πA/P² of a patch along its cells' sides (a square has π/4); absent: that of the site profile, 0.15."""
    hazard_margin_m: float = Field(default=50.0, ge=0)
    """Distance kept from every hazard zone, metres."""
    exclusions: list[str] = []
    """Catalogue ids of polygons that exclude (red line, basic farmland, water …)."""
    exclusion_margin_m: float = Field(default=0.0, ge=0)
    """Distance kept from the exclusion polygons, metres."""
    places: str | None = None
    """Catalogue id of existing receiving places (集镇、聚居点、园区) with stated capacity."""
    max_road_m: float = Field(default=1000.0, gt=0)
    """Farthest a patch may be from an all-weather road, metres."""
    farmland: str | None = None
    """Catalogue id of the farmland polygons people of a site could till; absent: that criterion has no evidence."""
    farmland_reach_m: float | None = Field(default=None, gt=0)
    """How far from a site farmland counts, straight distance, metres; absent: that of the site profile, 2,000 m."""
    max_sites: int = Field(default=200, gt=0)
    """Keep the best so many patches."""


class OutputConfig(Frozen):
    """What leaves the run."""

    personal_columns: list[str] = []
    """Columns with personal data that may leave; everything not listed stays inside."""
    group_pages: bool = True
    """Write one map per village group."""
    rasters: list[Code] = []
    """Services whose travel-time rasters are written, one Cloud-Optimized GeoTIFF for each season."""
    static_maps: list[Code] = []
    """Standard items whose map for documents is written; ``count``: how many items are not met."""
    static_format: Literal["pdf", "png", "svg"] = "pdf"
    """Format of the maps for documents."""
    static_paper: Literal["A4", "A3"] = "A4"
    """Paper of the maps for documents."""
    simplify_m: float = Field(default=10.0, ge=0)
    """Tolerance for simplifying polygons on maps, metres."""
    basemaps: list[Literal["osm", "tianditu"]] = []
    """Online base maps offered beside the offline background."""
    tianditu_key: str | None = None
    """Key for 天地图."""


class PlanConfig(Frozen):
    """The plan file: one county, one policy profile, one set of layers."""

    version: Literal[1] = 1
    """Version of the plan format."""
    name: str
    """Name of the county in Chinese (or its own language)."""
    name_en: str = ""
    """Name in English."""
    year: int = Field(ge=2000, le=2100)
    """Planning year; deadlines are judged against it."""
    language: Literal["zh", "en"] = "zh"
    """Language of labels and pages."""
    catalog: str = "catalog.yaml"
    """Layer catalogue, relative to the plan file."""
    crs: str = "auto"
    """Working CRS; ``auto`` picks CGCS2000 3° Gauss–Krüger in China and UTM elsewhere."""
    settlements: str = "settlements"
    """Catalogue id of the settlements (自然村)."""
    county: str | None = None
    """Catalogue id of the county's boundary."""
    townships: str | None = None
    """Catalogue id of the township polygons."""
    villages: str | None = None
    """Catalogue id of the administrative-village polygons."""
    groups: str | None = None
    """Catalogue id of the village-group (村民小组) polygons."""
    roads: str
    """Catalogue id of the road lines."""
    dem: str
    """Catalogue id of the elevation model, metres."""
    population: str | None = None
    """Catalogue id of a people-per-cell raster, used for settlements that carry no count."""
    population_reach_m: float = Field(default=5000.0, gt=0)
    """People farther than this from every settlement are reported as unplaced, metres."""
    people_per_household: float = Field(default=3.6, gt=0)
    """Used only where a settlement has people and no households (marked as derived)."""
    services: list[ServiceConfig] = Field(min_length=1)
    """Services to compute access to."""
    hazards: list[HazardConfig] = []
    """Hazard layers; none means hazard is unknown everywhere."""
    homesteads: str | None = None
    """Catalogue id of the homestead (宅基地) or building polygons with ``settlement_id``: exposure by houses, land released by moving."""
    willingness: str | None = None
    """Catalogue id of the survey of willingness, with ``settlement_id`` and ``willing_households``; whoever was not asked stays unknown."""
    ecology: dict[EcologyKind, list[str]] = {}
    """Kind of protected land → catalogue ids of its polygons."""
    farmland: str | None = None
    """Catalogue id of the farmland polygons that people work."""
    access: AccessConfig = AccessConfig()
    """Travel."""
    standards: str = "four_level_2015"
    """Standards profile: name of a preset or path of a YAML file."""
    coverage: CoverageConfig = CoverageConfig()
    """Where to build, water, power and signal, ranking, and layers compared."""
    relocation: str = "hazard_avoidance_2023"
    """Relocation profile: name of a preset or path of a YAML file."""
    weights: dict[str, float] = {}
    """Candidacy weights that replace the profile's (indicator id → weight); all weights are then scaled to sum to 1."""
    weighting: WeightScheme = WeightScheme()
    """How the candidacy weights are found: the profile's, given, by pairwise judgements, or by rank."""
    certainty: CertaintyConfig = CertaintyConfig()
    """How uncertain each input of the candidacy is."""
    screening: ScreeningConfig = ScreeningConfig()
    """Terrain screening where nobody surveyed; never mixed with surveys."""
    run_out: RunOutConfig = RunOutConfig()
    """How far landslides, rockfall and debris flows run out below their sources."""
    costs: str = "costs_cn_2026"
    """Cost profile, name or path: what serving in place and moving cost."""
    allocation: AllocationConfig = AllocationConfig()
    """Who moves to which receiving site."""
    sites: SitesConfig = SitesConfig()
    """Receiving sites."""
    output: OutputConfig = OutputConfig()
    """Outputs."""

    @model_validator(mode="after")
    def _service_ids_are_unique(self) -> PlanConfig:
        ids = [service.id for service in self.services]
        strange = sorted(set(self.output.rasters) - set(ids))
        if strange:
            raise ValueError(f"output.rasters names services the plan does not have: {', '.join(strange)}")
        doubled = sorted({one for one in ids if ids.count(one) > 1})
        if doubled:
            raise ValueError(f"service ids occur twice: {', '.join(doubled)}")
        return self
