"""Read one vector or table layer into the working CRS and the canonical columns, with everything that was changed written down.

The order is fixed: file → CRS stated and possible → rows chosen → datum → columns, values, constants → ids → kinds → geometry →
working CRS. A row with an id stays whatever is wrong with its geometry; a cell that is no number becomes missing, never 0.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from geoplan.contracts.config import LayerSpec
from geoplan.contracts.results import LayerRecord, Problem
from geoplan.contracts.status import Severity
from geoplan.errors import CrsError
from geoplan.io.canonical import check_mapping, coerce_columns, map_values, rename_columns, select_rows
from geoplan.io.datum import convert_datum
from geoplan.io.formats import Opened, open_file
from geoplan.io.geometry import clean_geometry
from geoplan.io.identity import give_ids, guess_id_column
from geoplan.io.postgis import open_postgis, table_checksum
from geoplan.io.problems import note_problem
from geoplan.io.sources import checksum, is_database, layer_files, resolve_paths
from geoplan.spatial.coordinates import check_coordinates
from geoplan.spatial.crs import ballpark_shift, datum_key, parse_crs, same_crs, transform_frame

_DATUM_OF_CRS = {"wgs84": {"wgs84", "cgcs2000"}, "cgcs2000": {"wgs84", "cgcs2000"}}


def read_vector(
    spec: LayerSpec,
    *,
    layer_id: str,
    base: Path,
    crs: CRS | None,
    id_column: str | None = "auto",
) -> tuple[gpd.GeoDataFrame, LayerRecord, list[Problem]]:
    """Return a layer's features in canonical columns, the manifest's line for it, and what reading found.

    Parameters
    ----------
    spec
        The layer's entry of the catalogue.
    layer_id
        Catalogue id: names the layer in messages and in derived ids.
    base
        Folder of the catalogue; relative paths start here.
    crs
        Working CRS, or None to keep the layer's own.
    id_column
        Canonical id column of the layer's role; derived as ``<layer_id>-000001`` … where the source has none. None: the layer needs no
        ids. ``auto``: the one it has, or the one its catalogue id suggests.

    Returns
    -------
    frame
        Canonical columns, those of ``spec.keep`` and ``geometry``; index 0..n-1 in source order.
    record, problems
        Provenance, and everything a planner should know.

    Raises
    ------
    ConfigError
        When the catalogue's columns make no sense.
    LayerError
        When the file is missing, damaged, or of an unknown format.
    CrsError
        When the CRS is missing, contradicts the catalogue, or cannot be true of the coordinates.
    """
    check_mapping(spec, layer_id=layer_id)
    paths, digest, opened = _open(spec, layer_id, base)
    notes, problems = list(opened.notes), list(opened.problems)
    if spec.located:
        frame, crs_notes = _settle_crs(opened, spec, layer_id)
        notes += crs_notes
    else:
        # Any CRS will do for rows without a place; the working CRS is every room's.
        frame = opened.frame.set_crs(crs or CRS.from_epsg(4326), allow_override=True)
    rows_in = len(frame)
    if spec.osm is None and spec.where:
        frame, found = select_rows(frame, spec, layer_id=layer_id)
        problems += found
        notes.append(f"{len(frame)} of {rows_in} rows kept by `where`")
    source_rows = frame.index.to_numpy()
    frame = frame.reset_index(drop=True)
    if spec.located:
        frame, found = _settle_datum(frame, spec, layer_id, notes)
        problems += found
    frame, renamed, found = rename_columns(frame, spec, layer_id=layer_id)
    notes, problems = notes + renamed, problems + found
    frame, found = map_values(frame, spec, layer_id=layer_id)
    problems += found
    column = guess_id_column(frame, layer_id) if id_column == "auto" else id_column
    frame, ids, id_notes, found = give_ids(frame, column, layer_id=layer_id, source_rows=source_rows)
    notes, problems = notes + id_notes, problems + found
    frame, found = coerce_columns(frame, layer_id=layer_id, ids=ids)
    problems += found
    if spec.located:
        frame, changed, found = clean_geometry(frame, layer_id=layer_id, ids=ids)
        notes, problems = notes + changed, problems + found
    if column is None and spec.located:
        placed = ~frame.geometry.isna()
        notes += [f"{int((~placed).sum())} rows without geometry or id left out"] if not placed.all() else []
        frame = frame[placed].reset_index(drop=True)
    own = frame.crs
    if crs is not None and spec.located:
        frame, found = bring_to_crs(frame, crs, layer_id=layer_id)
        problems += found
    record = LayerRecord(
        id=layer_id,
        kind=opened.kind,
        paths=paths,
        sha256=digest,
        crs=own.to_string() if own.to_authority() is None else ":".join(own.to_authority()),
        datum=spec.datum,
        vintage=spec.vintage,
        licence=spec.licence,
        source=spec.source,
        rows_in=rows_in,
        rows_out=len(frame),
        notes=tuple(notes),
    )
    return frame, record, problems


def _open(spec: LayerSpec, layer_id: str, base: Path) -> tuple[tuple[str, ...], str, Opened]:
    """Return the paths as the manifest names them, the checksum, and the layer as its file holds it."""
    if is_database(spec):
        opened = open_postgis(spec, layer_id=layer_id)
        return (str(spec.path),), table_checksum(opened.frame), opened
    paths = resolve_paths(spec, layer_id=layer_id, base=base)
    digest = checksum(paths, layer_id=layer_id)
    pieces = [open_file(spec, path, layer_id=layer_id) for path in paths]
    opened = pieces[0] if len(pieces) == 1 else _join(pieces, layer_id)
    shown = tuple(one.relative_to(base).as_posix() if one.is_relative_to(base) else str(one) for one in layer_files(paths))
    return shown, digest, opened


def _join(pieces: list[Opened], layer_id: str) -> Opened:
    """Return several files of one layer as one; they must agree on the CRS."""
    first = pieces[0].frame.crs
    if any(
        (one.frame.crs is None) != (first is None) or (first is not None and not same_crs(one.frame.crs, first)) for one in pieces
    ):
        raise CrsError(
            "the files of the layer have different CRSs", code="CRS-MIXED", layer=layer_id, remedy="List them as separate layers."
        )
    frame = pd.concat([one.frame if first is None else one.frame.set_crs(first, allow_override=True) for one in pieces])
    return Opened(
        gpd.GeoDataFrame(frame, geometry=pieces[0].frame.geometry.name, crs=first).reset_index(drop=True),
        pieces[0].kind,
        pieces[0].assumed_crs,
        tuple(note for one in pieces for note in one.notes),
        tuple(problem for one in pieces for problem in one.problems),
    )


def _settle_crs(opened: Opened, spec: LayerSpec, layer_id: str) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the frame in the CRS it really has: the file's own, else the catalogue's, never a guess."""
    frame = opened.frame
    stated = parse_crs(spec.crs, layer=layer_id) if spec.crs is not None else None
    own = _own_crs(frame.crs, layer_id)
    notes = []
    if own is None:
        chosen = stated or opened.assumed_crs
        if chosen is None:
            raise CrsError(
                "the file states no CRS",
                code="CRS-MISSING",
                layer=layer_id,
                remedy="State `crs` in the catalogue, e.g. EPSG:4490.",
            )
        notes.append(f"CRS {chosen.name} {'from the catalogue' if stated is not None else 'by the format'}")
    elif stated is not None and not same_crs(own, stated):
        raise CrsError(
            f"the file says {own.name}, the catalogue says {stated.name}",
            code="CRS-MISMATCH",
            layer=layer_id,
            remedy="Find out which is right; correct the catalogue, or assign the right CRS to the file.",
        )
    else:
        chosen = own
    frame = frame.set_crs(chosen, allow_override=True)
    check_coordinates(tuple(float(one) for one in frame.total_bounds), chosen, layer=layer_id)  # type: ignore[arg-type]
    return frame, notes


def _own_crs(crs: CRS | None, layer_id: str) -> CRS | None:
    """Return the file's CRS; an "undefined" placeholder is none."""
    if crs is None or (
        crs.name.lower().startswith(("undefined", "unknown", "unnamed")) and not (crs.is_projected or crs.to_epsg())
    ):
        return None
    if crs.is_engineering:
        return None
    return parse_crs(crs, layer=layer_id)


def _settle_datum(
    frame: gpd.GeoDataFrame, spec: LayerSpec, layer_id: str, notes: list[str]
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return the frame with GCJ-02 or BD-09 undone, adding to ``notes`` what was done."""
    moved, outside = convert_datum(frame, spec.datum, layer=layer_id)
    if spec.datum in {"gcj02", "bd09"}:
        notes.append(f"{spec.datum} converted to WGS 84 / CGCS2000")
        if outside == 0:
            return moved, []
        return moved, [
            note_problem(
                "DATUM-OUTSIDE",
                Severity.WARNING,
                layer_id,
                zh=f"{outside} 个要素在中国范围之外，未作 {spec.datum} 纠偏",
                en=f"{outside} features lie outside China and were not converted from {spec.datum}",
                fix_zh="核对该图层的 datum。",
                fix_en="Check the layer's datum.",
                count=outside,
            )
        ]
    known = _DATUM_OF_CRS.get(datum_key(moved.crs))
    if (known is None) == (spec.datum == "other") or (known is not None and spec.datum in known):
        return moved, []
    return moved, [
        note_problem(
            "DATUM-DISAGREES",
            Severity.WARNING,
            layer_id,
            zh=f"目录写 datum 为 {spec.datum}，但坐标系为 {moved.crs.name}",
            en=f"the catalogue states datum {spec.datum}, but the CRS is {moved.crs.name}",
            fix_zh="核对 datum 与 crs。",
            fix_en="Make `datum` and `crs` agree.",
            count=1,
        )
    ]


def bring_to_crs(frame: gpd.GeoDataFrame, crs: CRS, *, layer_id: str) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return the frame in the working CRS, and a problem where the way there ignores an unknown datum shift.

    Raises
    ------
    CrsError
        When coordinates have no place in the working CRS.
    """
    try:
        moved = transform_frame(frame, crs)
    except CrsError as error:
        error.layer = error.layer or layer_id
        raise
    return moved, _shift_problem(frame.crs, crs, layer_id)


def _shift_problem(own: CRS, target: CRS, layer_id: str) -> list[Problem]:
    if not ballpark_shift(own, target):
        return []
    return [
        note_problem(
            "DATUM-SHIFT-UNKNOWN",
            Severity.WARNING,
            layer_id,
            zh=f"{own.name} 到 {target.name} 没有公开的转换参数，位置可能偏差百米以上",
            en=f"no published shift leads from {own.name} to {target.name}: positions may be off by 100 m and more",
            fix_zh="请测绘部门按当地参数转换到 CGCS2000。",
            fix_en="Have the layer converted to CGCS2000 with the local parameters.",
            count=1,
        )
    ]
