"""Price what serving village groups where they stand takes: the road link, the gaps in services, and works against hazards.

- Road: the group's share of the links it uses, by kind (`geoplan.links.road_links`).
- Services: a standard item that a settlement is short of costs its price per household or person short, once per group, or once per village or
  township, shared by its groups that are short. Of households and people those are counted that have to be supplied to reach the standard. Of several items
  that one price closes, the largest shortage counts. Gaps are those of today: a new road may close some of them, so the sum may be somewhat too
  high and never forgets one.
- Hazards: works as given, else a price per person threatened by treatment and class. 避让搬迁 is priced too: what staying would take all the same.

A settlement whose coverage, people or treatment is not known leaves the item of its group without a value (status no_data); what is known of it is
kept, with bounds between which the value lies (`geoplan.relocation.shortages`, `geoplan.relocation.share_bounds`): from what is known to be short to
everybody it could be short for. A thing shared with groups of which it is not known whether they are short costs what those known to be short pay
today, and has bounds too. Works and roads that are not known have none above; what is shared of roads and of works as given is shared by those known
to need it. An item of which the whole county knows nothing is no item (``where_surveyed``).

By hand: 12 of 20 households short of safe water at 4,000 yuan: 48,000 yuan. A village clinic of 150,000 yuan for groups of 100 and 50 people:
100,000 and 50,000; a township's kindergarten likewise.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.cost_profile import CostProfile, Price, ServeRow, WorksRow
from geoplan.contracts.status import HAZARD_CLASS_ZH, Coverage, Status
from geoplan.links.road_ground import FEN_PER_YUAN
from geoplan.links.road_links import RoadLinks
from geoplan.links.shared_costs import split_shared
from geoplan.relocation.cost_items import stack_items, tabulate_item
from geoplan.relocation.share_bounds import bound_shares
from geoplan.relocation.shortages import SHARED_UNITS, measure_shortages

ROAD_LABELS: dict[str, tuple[str, str]] = {
    "new": ("新修出行公路", "new road link"),
    "upgrade": ("既有道路提升", "existing road brought to standard"),
    "bridge": ("桥梁", "bridges"),
}
SHARE_COLUMNS = ("group_code", "shared_id", "item", "present_yuan", "split", "weight", "others")
_OK, _NO_DATA = str(Status.OK), str(Status.NO_DATA)


def price_links(roads: RoadLinks, profile: CostProfile) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the road items of every group that needs a link, and what it shares.

    Returns
    -------
    items
        See `geoplan.relocation.cost_items`: road_new, road_upgrade, road_bridge. quantity is the metres of the group's links (bridges: the metres
        between their banks' cells), unit_yuan their mean cost a metre, shared_share the group's part.
    shares
        group_code, shared_id, item, present_yuan (of the whole), split, weight, others: one row per group × link.
    """
    road = profile.road
    prices = {"new": road.new_per_m, "upgrade": road.upgrade_per_m, "bridge": road.bridge_per_m}
    uses = roads.uses.merge(
        roads.links.drop(columns=["geometry", "persons"]), left_on="shared_id", right_on="link_id", how="left"
    )
    parts: list[pd.DataFrame] = []
    for kind, price in prices.items():
        own = uses[uses["kind"] == kind].assign(share_yuan=lambda one: one["share_fen"] / FEN_PER_YUAN)
        by = own.groupby("group_code", sort=False).agg(
            length=("length_m", "sum"), whole=("capital_yuan", "sum"), share=("share_yuan", "sum"), users=("users", "max")
        )
        by = by[by["whole"] > 0.0]
        parts.append(
            tabulate_item(
                by.index, side="serve", item=f"road_{kind}", labels=ROAD_LABELS[kind], unit="m", price=price, profile=profile,
                platform="infrastructure", quantity=by["length"], unit_yuan=by["whole"] / by["length"], shared=by["share"] / by["whole"],
                grows_with="shared",
            )
        )  # fmt: skip
    lost = roads.places[roads.places["status"] != _OK]
    parts.append(
        tabulate_item(
            lost["group_code"], side="serve", item="road_new", labels=ROAD_LABELS["new"], unit="m", price=road.new_per_m, profile=profile,
            platform="infrastructure", quantity=0.0, status=lost["status"], grows_with="shared",
        )
    )  # fmt: skip
    present = uses["capital_yuan"] + uses["yearly_yuan"] * profile.annuity
    shares = uses.assign(present_yuan=present, item="road_" + uses["kind"].astype(str))
    return stack_items(parts), shares[list(SHARE_COLUMNS)].reset_index(drop=True)


def price_gaps(
    gaps: pd.DataFrame, groups: pd.DataFrame, own: pd.Series, profile: CostProfile
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the service items of every group, and what it shares.

    Parameters
    ----------
    gaps
        `CoverageResult.gaps`.
    groups
        See `geoplan.relocation.cost_groups.gather_groups`.
    own
        Group code by settlement_id.
    profile
        Prices.

    Returns
    -------
    items, shares
        As for `price_links`.
    """
    parts: list[pd.DataFrame] = []
    shared: list[pd.DataFrame] = []
    for row in profile.serve:
        rows = gaps[gaps["item"].isin(row.gap_items)]
        if rows.empty or (row.where_surveyed and (rows["coverage"] == str(Coverage.UNKNOWN)).all()):
            continue
        short = measure_shortages(rows, groups, own, basis=row.basis)
        if row.basis in SHARED_UNITS:
            items, uses = _share_by_unit(row, short, groups, profile)
            shared.append(uses)
        else:
            fixed = row.basis == "group"
            items = tabulate_item(
                groups["group_code"], side="serve", item=row.id, labels=(row.label_zh, row.label_en), unit=row.basis,
                price=row.price, profile=profile, platform=row.platform, quantity=short["quantity"], status=short["status"],
                least=short["least"].to_numpy(), most=short["most"].to_numpy(), grows_with="nothing" if fixed else "persons",
            )  # fmt: skip
        parts.append(items)
    shares = pd.concat(shared, ignore_index=True) if shared else pd.DataFrame(columns=list(SHARE_COLUMNS))
    return stack_items(parts), shares


def _share_by_unit(
    row: ServeRow, short: pd.DataFrame, groups: pd.DataFrame, profile: CostProfile
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one unit per village or township that has a group short of it, shared by those groups."""
    unit = profile.unit_yuan(row.price)
    code = groups[f"{row.basis}_code"]
    # A group of no village or township bears its own.
    code = code.where(code != "", groups["group_code"])
    short = short.assign(shared_id=row.id + "/" + code.to_numpy())
    sure = short["quantity"].to_numpy() > 0.0
    uses, lost = short[sure], short[short["status"] != _OK]
    fen = round(unit * FEN_PER_YUAN)
    cost = pd.Series(fen, index=uses["shared_id"].unique(), dtype=np.int64)
    split = split_shared(uses[["shared_id", "group_code", "persons"]], cost, split=profile.road.split)
    whole = unit * (profile.annuity if row.price.every_year else 1.0 + row.price.yearly_share * profile.annuity)
    shares = split.assign(item=row.id, present_yuan=whole)[list(SHARE_COLUMNS)].reset_index(drop=True)
    both = pd.concat([uses, lost])
    # Who may be nobody may not share, whatever is short.
    certain = (np.arange(len(both)) < len(uses)) & (both["least"].to_numpy() > 0.0)
    low, high, open_ = bound_shares(
        both["shared_id"], np.full(len(both), fen), both["persons_low"].to_numpy(), both["persons_high"].to_numpy(),
        certain, equal=profile.road.split == "equal",
    )  # fmt: skip
    part = np.r_[(split["share_fen"] / max(fen, 1)).to_numpy(), np.ones(len(lost))]
    settled = ~open_ & certain
    items = tabulate_item(
        [*split["group_code"], *lost["group_code"]], side="serve", item=row.id, labels=(row.label_zh, row.label_en), unit=row.basis,
        price=row.price, profile=profile, platform=row.platform, quantity=np.r_[np.ones(len(split)), np.zeros(len(lost))],
        status=np.r_[np.full(len(split), _OK, dtype=object), lost["status"].to_numpy()], shared=part,
        least=np.where(settled, part, low / max(fen, 1)), most=np.where(settled, part, high / max(fen, 1)), grows_with="shared",
    )  # fmt: skip
    return items, shares


def price_works(
    treatment: pd.DataFrame | None, groups: pd.DataFrame, own: pd.Series, profile: CostProfile
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the hazard works of every group, and what it shares.

    Works whose cost is given stand against one source of hazard, whoever it threatens: they are paid once, and shared by people threatened.
    Watching is not works, and keeps its own price.

    Parameters
    ----------
    treatment
        `TreatmentResult.treatment` (source_layer and source_id, where it has them, name the source); None: nothing is known of any group.
    groups, own, profile
        As for `price_gaps`.

    Returns
    -------
    items, shares
        As for `price_links`. hazard_works_given: works of given cost; hazard_<watch/works/avoid>_<class>: by people threatened; hazard_works: not
        known.
    """
    shares = pd.DataFrame(columns=list(SHARE_COLUMNS))
    if treatment is None:
        treatment = pd.DataFrame(columns="settlement_id treatment status hazard_class persons_threatened works_yuan".split())
    rows = treatment.assign(group_code=own.reindex(treatment["settlement_id"].astype(str)).to_numpy())
    rows = rows[rows["group_code"].notna()]
    known = (rows["status"] == _OK).to_numpy()
    given = rows["works_yuan"].notna().to_numpy() & rows["treatment"].isin(("工程治理", "避让搬迁")).to_numpy()
    treated = (rows["treatment"] != "").to_numpy()
    parts = [_lost_works(rows, known, groups, profile)]
    if (known & given).any():
        items, shares = _share_works(rows[known & given], profile)
        parts.append(items)
    for (kind, hazard_class), some in rows[known & treated & ~given].groupby(["treatment", "hazard_class"], sort=True):
        row = _works_row(profile.works, str(kind), str(hazard_class))
        people = some["persons_threatened"].astype(np.float64)
        by = pd.DataFrame({"people": people, "open": people.isna() | (row is None)}).groupby(some["group_code"], sort=False)
        found = by.agg({"people": "sum", "open": "any"})
        zh = f"{_TREATMENT_ZH[str(kind)]}（{HAZARD_CLASS_ZH.get(str(hazard_class), '')}危险）"
        parts.append(
            tabulate_item(
                found.index, side="serve", item=f"hazard_{_TREATMENT_IDS[str(kind)]}_{hazard_class}",
                labels=(zh, f"{_TREATMENT_EN[str(kind)]} ({hazard_class})"), unit="person",
                price=_GIVEN if row is None else row.price, profile=profile, platform=profile.works_platform,
                quantity=found["people"] if row is not None else 0.0, status=np.where(found["open"], _NO_DATA, _OK),
            )
        )  # fmt: skip
    return stack_items(parts), shares


def _share_works(rows: pd.DataFrame, profile: CostProfile) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return works of given cost, once per source of hazard, shared by the people it threatens."""
    source = rows["settlement_id"].astype(str) + "/" + rows["hazard_kind"].astype(str)
    if "source_id" in rows:
        layer = rows["source_layer"].fillna("").astype(str) if "source_layer" in rows else ""
        named = rows["source_id"].fillna("").astype(str)
        source = source.where(named == "", layer + "/" + named)
    people = rows["persons_threatened"].astype(np.float64)
    table = pd.DataFrame(
        {
            "shared_id": "works/" + source,
            "group_code": rows["group_code"],
            "people": people,
            "yuan": rows["works_yuan"].astype(np.float64),
        }
    )
    uses = (
        table.groupby(["shared_id", "group_code"], sort=False)
        .agg(persons=("people", lambda one: one.sum(skipna=False)), yuan=("yuan", "max"))
        .reset_index()
    )
    # A source has one cost; should its rows differ, the highest is the one to be ready for.
    whole = uses.groupby("shared_id", sort=False)["yuan"].max()
    split = split_shared(
        uses[["shared_id", "group_code", "persons"]], (whole * FEN_PER_YUAN).round().astype(np.int64), split=profile.road.split
    )
    split = split.assign(whole=split["shared_id"].map(whole), share=split["share_fen"] / FEN_PER_YUAN, item="hazard_works_given")
    by = split[split["whole"] > 0.0].groupby("group_code", sort=False).agg(whole=("whole", "sum"), share=("share", "sum"))
    items = tabulate_item(
        by.index, side="serve", item="hazard_works_given", labels=("灾害治理(按所列费用)", "hazard works, as given"), unit="yuan",
        price=_GIVEN, profile=profile, platform=profile.works_platform, quantity=by["whole"], unit_yuan=1.0,
        shared=by["share"] / by["whole"], grows_with="shared",
    )  # fmt: skip
    return items, split.assign(present_yuan=split["whole"])[list(SHARE_COLUMNS)].reset_index(drop=True)


_GIVEN = Price(yuan=1.0, price_year=2026, source="灾害处置表所列工程费用", status="cited")
_TREATMENT_IDS = {"监测预警": "watch", "工程治理": "works", "避让搬迁": "avoid"}
_TREATMENT_ZH = {"监测预警": "监测预警", "工程治理": "工程治理", "避让搬迁": "留居所需治理工程"}
_TREATMENT_EN = {"监测预警": "watching and warning", "工程治理": "works", "避让搬迁": "works that staying would take"}


def _lost_works(rows: pd.DataFrame, known: NDArray[np.bool_], groups: pd.DataFrame, profile: CostProfile) -> pd.DataFrame:
    """Return a row without a value for every group of which some settlement's treatment is not known, or none is listed."""
    inhabited = groups.loc[~((groups["persons"] == 0.0) & (groups["persons_status"] == _OK)), "group_code"]
    lost = inhabited[inhabited.isin(rows.loc[~known, "group_code"]) | ~inhabited.isin(rows["group_code"])]
    return tabulate_item(
        lost, side="serve", item="hazard_works", labels=("灾害治理", "hazard works"), unit="person",
        price=profile.works[0].price if profile.works else _GIVEN, profile=profile, platform=profile.works_platform, quantity=0.0,
        status=_NO_DATA,
    )  # fmt: skip


def _works_row(works: list[WorksRow], treatment: str, hazard_class: str) -> WorksRow | None:
    """Return the most specific row: treatment and class, then treatment with ``*``."""
    for wanted in (hazard_class, "*"):
        for row in works:
            if row.treatment == treatment and row.hazard_class == wanted:
                return row
    return None
