"""Put quantities and unit prices together as cost items: once, every year, and as a present value, with their sources.

    capital = quantity · unit price · own share        yearly = capital · upkeep share      (price paid once)
    capital = 0                                        yearly = quantity · unit price · own share   (price paid every year)
    present = capital + yearly · a(r, H)

with a(r, H) the annuity of `geoplan.contracts.cost_profile.CostProfile`. What the move sets free counts negative. An item whose quantity is not
known has no present value; what is known of it stands beside, in ``known_yuan``, and between ``low_yuan`` and ``high_yuan`` lies what it can be: as
above, for the least and the most that may be borne. NaN: there is no bound on that side.

By hand: 12 households at 4,000 yuan and 4 % upkeep, 6 % over 20 years: 48,000 + 1,920 · 11.4699 = 70,022 yuan. Another 8 households that nobody
surveyed: no present value; 70,022 is known, and it is between 70,022 and 116,703 yuan.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.cost_profile import CostProfile, Price
from geoplan.contracts.status import Status

ITEM_COLUMNS: tuple[str, ...] = tuple(
    (
        "group_code side item label_zh label_en quantity unit unit_yuan capital_yuan yearly_yuan present_yuan known_yuan low_yuan high_yuan status "
        "shared_share grows_with credit platform source clause price_year price_status"
    ).split()
)
"""Columns of `DecisionResult.items`, in order."""


def tabulate_item(
    codes: Any,
    *,
    side: str,
    item: str,
    labels: tuple[str, str],
    unit: str,
    price: Price,
    profile: CostProfile,
    platform: str,
    quantity: Any,
    status: Any = str(Status.OK),
    unit_yuan: Any = None,
    shared: Any = 1.0,
    least: Any = None,
    most: Any = None,
    grows_with: Any = "persons",
    credit: bool = False,
) -> pd.DataFrame:
    """Return one row per group that the item applies to.

    Parameters
    ----------
    codes
        (n,) group codes.
    side, item, labels, unit, price, platform
        What the rows are about.
    quantity
        (n,) units of the price; the known part where ``status`` is not ok.
    status
        (n,) or one: ok, or why the quantity is not known.
    unit_yuan
        (n,) price a unit in the profile's money; the price's own by default.
    shared
        (n,) own share of a shared cost.
    least, most
        (n,) bounds of what is borne, in units of the price with the share taken (1 of a thing of 2: 0.5); by default what is known, and without bound
        above where ``status`` is not ok. inf: no bound.
    grows_with
        What a larger group changes: ``persons`` (in proportion), ``shared`` (its share of a whole), ``nothing``.
    credit
        It lowers the cost.

    Returns
    -------
    pandas.DataFrame
        `ITEM_COLUMNS`. Rows known to need nothing (quantity 0, status ok) are left out: the item does not apply.
    """
    codes = np.asarray(codes, dtype=object)
    quantity = np.broadcast_to(np.asarray(quantity, dtype=np.float64), codes.shape)
    status = np.broadcast_to(np.asarray(status, dtype=object), codes.shape)
    share = np.broadcast_to(np.asarray(shared, dtype=np.float64), codes.shape)
    each = np.broadcast_to(
        np.asarray(profile.unit_yuan(price) if unit_yuan is None else unit_yuan, dtype=np.float64), codes.shape
    )
    ok = status == str(Status.OK)
    known = quantity * each * share * (-1.0 if credit else 1.0)
    capital = np.zeros(len(codes)) if price.every_year else known
    yearly = known if price.every_year else known * price.yearly_share
    present = capital + yearly * profile.annuity
    low, high = _bound_present(quantity * share, ok, each, present, least, most, price=price, profile=profile, credit=credit)
    table = pd.DataFrame(
        {
            "group_code": codes, "side": side, "item": item, "label_zh": labels[0], "label_en": labels[1],
            "quantity": np.where(ok, quantity, np.nan), "unit": unit, "unit_yuan": each,
            "capital_yuan": np.where(ok, capital, np.nan), "yearly_yuan": np.where(ok, yearly, np.nan),
            "present_yuan": np.where(ok, present, np.nan), "known_yuan": present, "low_yuan": low, "high_yuan": high, "status": status,
            "shared_share": share, "grows_with": grows_with, "credit": credit, "platform": platform,
            "source": price.source, "clause": price.clause, "price_year": price.price_year, "price_status": str(price.status),
        },
        columns=list(ITEM_COLUMNS),
    )  # fmt: skip
    return table[~ok | (quantity != 0.0)].reset_index(drop=True)


def _bound_present(
    borne: NDArray[np.float64],
    ok: NDArray[np.bool_],
    each: NDArray[np.float64],
    present: NDArray[np.float64],
    least: Any,
    most: Any,
    *,
    price: Price,
    profile: CostProfile,
    credit: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the bounds of the present value; NaN where there is none."""

    def value(amount: Any) -> NDArray[np.float64]:
        borne_ = np.broadcast_to(np.asarray(amount, dtype=np.float64), borne.shape)
        once = np.where(np.isinf(borne_), np.nan, borne_) * each * (-1.0 if credit else 1.0)
        return once * profile.annuity if price.every_year else once + once * price.yearly_share * profile.annuity

    # What is known bounds itself, to the last bit.
    low = present if least is None else np.where(least == borne, present, value(least))
    high = np.where(ok, present, np.nan) if most is None else np.where(most == borne, present, value(most))
    return (high, low) if credit else (low, high)


def stack_items(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the items of all parts, in order, with every column even where there is none."""
    filled = [one for one in parts if len(one)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(ITEM_COLUMNS))


def sum_side(items: pd.DataFrame, codes: pd.Series, side: str) -> pd.DataFrame:
    """Return the present value of one side for every group, and how far it is known.

    Parameters
    ----------
    items
        See `tabulate_item`.
    codes
        Groups wanted.
    side
        ``serve`` or ``move``.

    Returns
    -------
    pandas.DataFrame
        Index: the codes; total_yuan (NaN unless status is ok), known_yuan (sum of the known parts), low_yuan, high_yuan (bounds of the total;
        infinite where an unknown cost, or unknown credit, leaves it open), status (ok; unreachable before no_data).
    """
    own = items[items["side"] == side]
    table = pd.DataFrame(
        {
            "known": own["known_yuan"].astype(np.float64),
            "low": own["low_yuan"].astype(np.float64).fillna(-np.inf), "high": own["high_yuan"].astype(np.float64).fillna(np.inf),
            "unknown": own["status"] != str(Status.OK), "unreachable": own["status"] == str(Status.UNREACHABLE),
        }
    )  # fmt: skip
    by = table.groupby(own["group_code"].to_numpy())
    found = by.agg({"known": "sum", "low": "sum", "high": "sum", "unknown": "any", "unreachable": "any"})
    found = found.reindex(codes.to_numpy()).fillna({"known": 0.0, "low": 0.0, "high": 0.0})
    known, low, high = (found[name].to_numpy(dtype=np.float64) for name in ("known", "low", "high"))
    unknown, closed = (found[name].eq(True).to_numpy() for name in ("unknown", "unreachable"))
    status = np.select([closed, unknown], [str(Status.UNREACHABLE), str(Status.NO_DATA)], default=str(Status.OK))
    return pd.DataFrame(
        {
            "total_yuan": np.where(status == str(Status.OK), known, np.nan), "known_yuan": known,
            "low_yuan": low, "high_yuan": high, "status": status.astype(object),
        },
        index=codes.to_numpy(),
    )  # fmt: skip
