"""A page for looking into Mapper graphs, as TopoAct's (Rathore et al. 2021): one HTML file that needs no network."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import seaborn as sns

from topolens.errors import TopolensError
from topolens.explorer.layer import ExplorerLayer, layer_data
from topolens.explorer.sprites import checked_pictures, sprites
from topolens.explorer.templates import template_text
from topolens.mapper.examples import example_rows
from topolens.mapper.telling import most_telling
from topolens.seeding import child_generator

__all__ = ["ExplorerLayer", "PageWords", "explorer_page"]

LONGEST_IMAGE = 64  # pixels
LONGEST_FEATURE_PICTURE = 96
GREY = 7  # place in the palette
SHADES = 9  # of the scale for numbers


@dataclass(frozen=True)
class PageWords:
    """What stands on the page beside the graphs.

    Attributes:
        title: Its heading.
        notes: Paragraphs below, such as where the images come from.
        links: Words to addresses of other pages, below the notes.
    """

    title: str
    notes: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)


def explorer_page(
    layers: Sequence[ExplorerLayer],
    images: np.ndarray,
    classes: Sequence[str],
    words: PageWords,
    *,
    examples: int = 9,
    seed: int,
) -> str:
    """The page as text of one HTML file. Equal arguments give equal bytes under the same versions.

    Args:
        layers: At least one, of different names or positions; the positions of a layer one after the other.
        images: (m, height, width, 3) uint8, one per point, the same for all layers; embedded as JPEG, at most 64 pixels
            a side.
        classes: Names by number; any text.
        words: What stands above and below.
        examples: Images of a node at most, at least 1.
        seed: Of the choice of example images and of the layout.

    Raises:
        TopolensError: an argument out of range, or parts of a layer that do not fit each other.
    """
    _check(layers, images, examples)
    order = child_generator(seed, "explorer").permutation(len(images))
    rows = [example_rows(layer.graph.members, order, examples) for layer in layers]
    shown = np.unique(np.concatenate([np.zeros(0, np.int64), *(part for parts in rows for part in parts)]))
    tiles = {number: tile for tile, number in enumerate(shown.tolist())}
    described = [layer_data(layer, classes, part, tiles, seed) for layer, part in zip(layers, rows, strict=True)]
    # Of the first draws alone: these have feature pictures.
    telling = most_telling({number: layer.forks for number, layer in enumerate(layers) if layer.position == 1})
    colours = zip(classes, _colours(described, len(classes)), strict=True)
    data = {
        **asdict(words),
        "classes": [{"name": name, "colour": colour} for name, colour in colours],
        "shades": sns.color_palette("viridis", SHADES).as_hex(),
        "layers": described,
        "telling": telling and telling[0],
    }
    pictures = {
        "images": asdict(sprites(images[shown], LONGEST_IMAGE)),
        "features": [
            None if pictures is None else asdict(sprites(pictures, LONGEST_FEATURE_PICTURE))
            for pictures in (layer.feature_pictures for layer in layers)
        ],
    }
    return _filled(words.title, data, pictures)


def _check(layers: Sequence[ExplorerLayer], images: np.ndarray, examples: int) -> None:
    """Refuse what does not fit; see explorer_page."""
    checked_pictures(images, "images")
    names = [(layer.name, layer.position) for layer in layers]
    if not names or len(set(names)) < len(names):
        raise TopolensError(f"layers: expected at least one and different names or positions, found {names}")
    if examples < 1:
        raise TopolensError(f"examples={examples}: expected at least 1")
    for layer in layers:
        if len(layer.graph.lens) > len(images):
            raise TopolensError(f"layer {layer.name!r}: {len(layer.graph.lens)} points, but {len(images)} images")


def _colours(layers: list[dict[str, Any]], classes: int) -> list[str]:
    """Each class's colour, as in figures. Where colours are too few, the rarer classes in the nodes share the grey."""
    palette = sns.color_palette("colorblind").as_hex()
    if classes <= len(palette):
        return palette[:classes]
    grey = palette.pop(GREY)
    totals = np.sum([np.zeros(classes), *(node["counts"] for layer in layers for node in layer["nodes"])], axis=0)
    frequent = np.sort(np.argsort(-totals, kind="stable")[: len(palette)]).tolist()
    coloured = dict(zip(frequent, palette, strict=True))
    return [coloured.get(number, grey) for number in range(classes)]


def _filled(title: str, data: dict[str, Any], pictures: dict[str, Any]) -> str:
    """The template with everything in it. Inserted text is not looked at for further marks."""
    style, script = template_text("explorer.css"), template_text("view.js") + template_text("explorer.js")
    parts = {
        "title": html.escape(title),
        "style": style,
        "script": script,
        "style_hash": _csp_hash(style),
        "script_hash": _csp_hash(script),
        "data": _embedded(data),
        "pictures": _embedded(pictures),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda mark: parts[mark[1]], template_text("page.html"))


def _embedded(data: dict[str, Any]) -> str:
    """JSON that cannot end its script element, whatever text is in it; all but ASCII is escaped too."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _csp_hash(text: str) -> str:
    """How a Content-Security-Policy names the one script, or the one style, that may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
