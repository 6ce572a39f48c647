"""Keep the road links behind a programme with it, and read them back, so that whatever rests on roads rests on the same ones.

The programme's table of links names a bridge by what it replaces; with who uses which link (``uses``) and the state of every place (``places``) the links
are those that were found: same rows, same order, same fen. So the shares of the groups add up to the programme's total.

By hand: a link "ferry_bridge" of 90 m for A and B → kind bridge, replaces ferry, split by people as it was.
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd

from geoplan.contracts.coverage import RoadProgramme
from geoplan.errors import TableError
from geoplan.links.road_links import RoadLinks
from geoplan.links.shared_costs import SPLIT_LABELS

_LINK_COLUMNS = "link_id kind length_m capital_yuan yearly_yuan bridges persons groups split_zh split_en geometry".split()
_REPLACING = "_bridge"


def keep_links(programme: RoadProgramme, links: RoadLinks) -> RoadProgramme:
    """Return the programme with the places and uses of the links it was made of.

    Parameters
    ----------
    programme
        See `geoplan.links.road_programme.tabulate_programme`.
    links
        The links it tabulates: `geoplan.links.road_together.SharedLinks.links`.
    """
    return replace(programme, places=links.places, uses=links.uses)


def read_links(programme: RoadProgramme) -> RoadLinks:
    """Return the links behind a programme, as `geoplan.links.road_links.gather_links` returned them.

    Raises
    ------
    TableError
        ``PROGRAMME-LINKS``: the programme was kept without them.
    """
    if programme.places is None or programme.uses is None:
        raise TableError(
            "the road programme was kept without the state of its places and the uses of its links", code="PROGRAMME-LINKS",
            layer="programme", column="places", ids=[], remedy="Keep them with geoplan.links.programme_links.keep_links.",
        )  # fmt: skip
    table = programme.links
    wet = table["kind"].str.endswith(_REPLACING)
    way = table["link_id"].map(programme.uses.drop_duplicates("shared_id").set_index("shared_id")["split"])
    frame = table.assign(
        kind=table["kind"].where(~wet, "bridge").astype(object),
        split_zh=way.map({name: zh for name, (zh, _) in SPLIT_LABELS.items()}).astype(object),
        split_en=way.map({name: en for name, (_, en) in SPLIT_LABELS.items()}).astype(object),
    )[_LINK_COLUMNS]
    bridges = table[["link_id"]].assign(
        replaces=table["kind"].str.removesuffix(_REPLACING).where(wet, "").astype(object), bridge_m=table["bridge_m"]
    )
    return RoadLinks(
        programme.places,
        gpd.GeoDataFrame(frame, geometry="geometry", crs=table.crs),
        programme.uses,
        bridges.reset_index(drop=True),
    )
