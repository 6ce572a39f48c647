"""Make the ground and the surface of every season; seasons with the same barriers share one.

By hand: two seasons without ``wet_barriers`` are one ground, named ``*``, and one surface under both names.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd

from geoplan.access.ground import build_ground
from geoplan.access.landcover import dominant_cover, mark_sea
from geoplan.access.surface import Surface, join_surface
from geoplan.contracts.config import AccessConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.ground import Ground
from geoplan.contracts.profiles import WalkingProfile
from geoplan.contracts.results import Network

_ALL = "*"


def ground_seasons(
    dem: Grid,
    *,
    landcover: Grid | None,
    fractions: Mapping[int, Grid],
    walking: WalkingProfile,
    config: AccessConfig,
    barriers: Mapping[str, gpd.GeoDataFrame | None],
) -> dict[str, Ground]:
    """Return the ground of each season, or one named ``*`` where no season has barriers of its own.

    Parameters
    ----------
    dem, landcover, fractions
        Heights, and land cover as classes or as the shares of classes, in the working CRS.
    walking
        Speeds by land cover.
    config
        How the ground is made.
    barriers
        Season → lines and polygons nobody walks across.
    """
    cover = dominant_cover(fractions) if landcover is None and fractions else landcover
    if config.sea:
        cover = mark_sea(cover, dem)
    seasons = config.seasons if config.wet_barriers else config.seasons[:1]
    grounds = {
        season: build_ground(
            dem,
            walking=walking,
            walk_kmh=config.walk_kmh,
            landcover=cover,
            barriers=barriers[season],
            cliff_deg=config.cliff_deg,
            neighbours=config.neighbours,
            smooth=config.smooth,
            fill_cells=config.fill_cells,
        )
        for season in seasons
    }
    return grounds if config.wet_barriers else {_ALL: grounds[seasons[0]]}


def pick_ground(grounds: Mapping[str, Ground], season: str) -> Ground:
    """Return the ground of a season from what `ground_seasons` made."""
    return grounds[_ALL] if _ALL in grounds else grounds[season]


def join_seasons(
    grounds: Mapping[str, Ground],
    network: Network,
    *,
    config: AccessConfig,
    barriers: Mapping[str, gpd.GeoDataFrame | None],
    dem: Grid | None = None,
) -> dict[str, Surface]:
    """Return season → surface; seasons that share a ground share the surface. See `geoplan.access.surface.join_surface`."""

    def join(name: str, season: str) -> Surface:
        return join_surface(
            grounds[name],
            network,
            barriers=barriers[season],
            dem=dem,
            walk_kmh=config.walk_kmh,
            cliff_deg=config.cliff_deg,
            along_slope=config.length == "slope",
        )

    if _ALL in grounds:
        return dict.fromkeys(config.seasons, join(_ALL, config.seasons[0]))
    return {season: join(season, season) for season in config.seasons}
