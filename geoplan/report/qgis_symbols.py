"""Say in QGIS's own words how a layer looks: symbols, categories, labels, Chinese names of its columns.

A style is data (`LayerStyle`); `style_elements` turns it into the elements that a QML file and a project share, and `style_qml` into the text of a QML
file. Colours are those of `geoplan.report.style`; ``#e69f00`` is written ``230,159,0,255``. Nothing is read back from data as markup: every text goes
through the XML writer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal
from xml.etree import ElementTree as ET

from geoplan.report.workbook_sheet import clean_text

Shape = Literal["fill", "line", "marker"]
QGIS_VERSION: Final = "3.22.0"
"""Oldest version whose words are used."""
FONTS: Final = ("Noto Sans CJK SC", "Microsoft YaHei", "Source Han Sans SC", "PingFang SC", "SimHei")
INK: Final = "#2b2b2b"
_HATCH: Final = "#8c8c8c"


@dataclass(frozen=True)
class Symbol:
    """How one kind of feature is drawn.

    Attributes
    ----------
    shape
        fill, line or marker.
    colour
        ``#rrggbb``, or "" for no fill.
    outline
        ``#rrggbb`` of the outline.
    width_mm
        Of the line or outline.
    size_mm, mark
        Of a marker: diameter and QGIS's name of its form.
    hatched
        Grey hatching over the fill and a dashed outline: not known.
    dashed
        Dashed line or outline.
    """

    shape: Shape
    colour: str
    outline: str = INK
    width_mm: float = 0.2
    size_mm: float = 2.4
    mark: str = "circle"
    hatched: bool = False
    dashed: bool = False


@dataclass(frozen=True)
class Category:
    """One value of the attribute, its words and its symbol."""

    value: str
    label: str
    symbol: Symbol


@dataclass(frozen=True)
class LayerStyle:
    """How a layer looks.

    Attributes
    ----------
    categories
        At least one; with no ``attribute`` the first draws everything.
    attribute
        Text column that tells the categories apart.
    label_column
        Column written on the map, or "".
    label_from_scale
        Labels show from this scale on (25000: from 1:25,000 to larger scales); 0: always.
    label_pt
        Size of labels, points.
    aliases
        Column → words shown instead of its name.
    title
        Of the style.
    """

    categories: tuple[Category, ...]
    attribute: str = ""
    label_column: str = ""
    label_from_scale: int = 0
    label_pt: float = 8.0
    aliases: Mapping[str, str] = field(default_factory=dict)
    title: str = ""


def rgba(colour: str, alpha: int = 255) -> str:
    """Return a colour as QGIS writes it.

    >>> rgba("#e69f00"), rgba("#ffffff", 0)
    ('230,159,0,255', '255,255,255,0')
    """
    return ",".join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5)) + f",{alpha}"


def style_qml(style: LayerStyle, columns: Iterable[str], *, names: bool = True) -> str:
    """Return a style as the text of a QML file.

    Parameters
    ----------
    style
        How the layer looks.
    columns
        Columns of the layer in order, geometry left out.
    names
        Whether the style also names the columns; one that does not leaves their names as they are when it is chosen.
    """
    scope = "AllStyleCategories" if names else "Symbology|Labeling"
    root = ET.Element("qgis", {"version": QGIS_VERSION, "styleCategories": scope, "labelsEnabled": _flag(style.label_column)})
    root.extend(style_elements(style, columns, names=names))
    shape = style.categories[0].symbol.shape
    ET.SubElement(root, "layerGeometryType").text = {"marker": "0", "line": "1", "fill": "2"}[shape]
    return ET.tostring(root, encoding="unicode")


def style_elements(style: LayerStyle, columns: Iterable[str], *, names: bool = True) -> list[ET.Element]:
    """Return renderer, labels and, if asked for, column names of a style, as they stand in a QML file and in a project's layer."""
    out = [_renderer(style)]
    if style.label_column:
        out.append(_labels(style))
    opacity = ET.Element("layerOpacity")
    opacity.text = "1"
    out.append(opacity)
    if not names:
        return out
    aliases = ET.Element("aliases")
    for index, name in enumerate(columns, 1):
        if style.aliases.get(name):
            ET.SubElement(aliases, "alias", {"index": str(index), "field": name, "name": clean_text(style.aliases[name])})
    preview = ET.Element("previewExpression")
    preview.text = quote_column(style.label_column) if style.label_column else ""
    return [*out, aliases, preview]


def quote_column(name: str) -> str:
    """Return a column's name as an expression of QGIS.

    >>> quote_column('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def _flag(value: object) -> str:
    return "1" if value else "0"


def _renderer(style: LayerStyle) -> ET.Element:
    # Lines are drawn in levels: every casing before every line, so that none is cut where pieces meet.
    levels = _flag(style.categories[0].symbol.shape == "line")
    common = {"forceraster": "0", "symbollevels": levels, "enableorderby": "0", "referencescale": "-1"}
    if not style.attribute:
        root = ET.Element("renderer-v2", {"type": "singleSymbol", **common})
        _symbol(ET.SubElement(root, "symbols"), "0", style.categories[0].symbol)
    else:
        root = ET.Element("renderer-v2", {"type": "categorizedSymbol", "attr": style.attribute, **common})
        listed, symbols = ET.SubElement(root, "categories"), ET.SubElement(root, "symbols")
        for number, one in enumerate(style.categories):
            words = {"value": clean_text(one.value), "label": clean_text(one.label), "symbol": str(number)}
            ET.SubElement(listed, "category", {**words, "type": "string", "render": "true"})
            _symbol(symbols, str(number), one.symbol)
    ET.SubElement(root, "rotation")
    ET.SubElement(root, "sizescale")
    return root


def _symbol(parent: ET.Element, name: str, symbol: Symbol) -> None:
    root = ET.SubElement(
        parent, "symbol", {"type": symbol.shape, "name": name, "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"}
    )
    if symbol.shape == "line":
        # A white casing lets a line stand out from an area of like colour.
        _symbol_layer(
            root, "SimpleLine", _line_words(replace(symbol, colour="#ffffff", width_mm=symbol.width_mm + 0.6, dashed=False))
        )
        _symbol_layer(root, "SimpleLine", _line_words(symbol), level=1)
        return
    dashed = "dash" if symbol.dashed or symbol.hatched else "solid"
    edge = {
        "outline_color": rgba(symbol.outline), "outline_style": dashed, "outline_width": f"{symbol.width_mm:g}", "outline_width_unit": "MM",
        "joinstyle": "bevel", "offset": "0,0", "offset_unit": "MM",
    }  # fmt: skip
    colour = rgba(symbol.colour) if symbol.colour else "255,255,255,0"
    if symbol.shape == "marker":
        words = {"name": symbol.mark, "size": f"{symbol.size_mm:g}", "size_unit": "MM", "angle": "0", "scale_method": "diameter"}
        _symbol_layer(root, "SimpleMarker", {"color": colour, **words, **edge})
        return
    _symbol_layer(root, "SimpleFill", {"color": colour, "style": "solid" if symbol.colour else "no", **edge})
    if symbol.hatched:
        _symbol_layer(root, "SimpleFill", {"color": rgba(_HATCH), "style": "b_diagonal", **edge, "outline_style": "no"})


def _line_words(symbol: Symbol) -> dict[str, str]:
    return {
        "line_color": rgba(symbol.colour), "line_style": "dash" if symbol.dashed else "solid", "line_width": f"{symbol.width_mm:g}",
        "line_width_unit": "MM", "capstyle": "round", "joinstyle": "round", "offset": "0", "offset_unit": "MM", "use_custom_dash": "0",
    }  # fmt: skip


def _symbol_layer(parent: ET.Element, kind: str, words: Mapping[str, str], *, level: int = 0) -> None:
    """Add a symbol layer; its words stand twice, as versions before 3.20 and those after it read them."""
    root = ET.SubElement(parent, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": str(level)})
    mapping = ET.SubElement(root, "Option", {"type": "Map"})
    for key, value in sorted(words.items()):
        ET.SubElement(mapping, "Option", {"name": key, "type": "QString", "value": value})
    for key, value in sorted(words.items()):
        ET.SubElement(root, "prop", {"k": key, "v": value})


def _labels(style: LayerStyle) -> ET.Element:
    root = ET.Element("labeling", {"type": "simple"})
    settings = ET.SubElement(root, "settings", {"calloutType": "simple"})
    text = ET.SubElement(
        settings,
        "text-style",
        {
            "fieldName": style.label_column, "isExpression": "0", "fontFamily": FONTS[0], "fontSize": f"{style.label_pt:g}", "fontSizeUnit": "Point",
            "fontWeight": "50", "textColor": rgba("#1a1a1a"), "textOpacity": "1", "multilineHeight": "1", "namedStyle": "Regular",
        },
    )  # fmt: skip
    families = ET.SubElement(text, "families")
    for one in FONTS[1:]:
        ET.SubElement(families, "family", {"name": one})
    ET.SubElement(
        text,
        "text-buffer",
        {
            "bufferDraw": "1",
            "bufferSize": "0.8",
            "bufferSizeUnits": "MM",
            "bufferColor": rgba("#ffffff"),
            "bufferOpacity": "0.85",
        },
    )
    shape = style.categories[0].symbol.shape
    placement = {"fill": "4", "line": "2", "marker": "0"}[shape]
    ET.SubElement(settings, "placement", {"placement": placement, "dist": "0.8", "distUnits": "MM", "priority": "5"})
    visible = {"scaleVisibility": _flag(style.label_from_scale), "scaleMin": "1", "scaleMax": str(style.label_from_scale)}
    ET.SubElement(settings, "rendering", {"drawLabels": "1", "obstacle": "1", "displayAll": "0", **visible})
    return root
