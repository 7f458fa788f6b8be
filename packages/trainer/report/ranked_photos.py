"""Photos of an evaluation ranked by each measure: worst, median and best."""

import math
from collections.abc import Sequence

from markupsafe import Markup
from PIL import Image

from colorfiles.pages.parts import flow, note, picture
from colorfiles.pages.photo_names import photo_name
from colorunet.coloring.colorizer import Colorizer
from trainer.data.shard_set import ShardSet
from trainer.evaluation.result import Evaluation, ImageResult
from trainer.evaluation.text import image_label, number
from trainer.report.panels import TITLES, Panels, panels_of

_EDGE_PX = 192  # shown at half of it where the page is narrow, enlarged by a click
_EACH = 2  # worst, median and best: so many photos of each
_FEW = 6 * _EACH  # of fewer samples nearly every one would be shown under every measure
# Figures of single images to sort by, and which way is better; ``one`` is a ratio, best near 1.
_SORTED_BY = {
    "colorfulness_ratio": "one",
    "effective_colors": "high",
    "hue_accuracy": "high",
    "chroma_spread_ratio": "one",
    "ciede2000": "low",
    "psnr": "high",
}


def ranked_photos(colorizer: Colorizer, shards: ShardSet, evaluation: Evaluation) -> str:
    """Return the strips as HTML; the photos are read and colourised once more.

    Of few samples each is shown once, by the first measure.
    """
    if len(evaluation.images) <= _FEW:
        return _all_once(colorizer, shards, evaluation)
    ranked = {name: ranked_keys(evaluation.images, name, aim) for name, aim in _SORTED_BY.items()}
    keys = {key for groups in ranked.values() for keys in groups.values() for key in keys}
    rows = panels_of(colorizer, shards, evaluation.split, sorted(keys), edge_px=_EDGE_PX)
    strips = {row.key: _strip(row) for row in rows}
    by_key = {image.key: image for image in evaluation.images}
    titles = f"Each strip: {' | '.join(TITLES)}. A click enlarges it."
    parts = [note(titles)]
    for name in _SORTED_BY:
        parts.append(Markup("<h3>By {}</h3>").format(image_label(name)))
        shown = [
            picture(
                strips[key],
                f"{place}: {number(by_key[key].measures[name], 2)} · {photo_name(key)}",
                alt=f"{', '.join(TITLES)} of {key}",
            )
            for place, keys in ranked[name].items()
            for key in keys
        ]
        parts.append(flow(shown, "strips"))
    return Markup("").join(parts)


def _all_once(colorizer: Colorizer, shards: ShardSet, evaluation: Evaluation) -> str:
    """Return every photo once, from the worst to the best, with a note that they are few."""
    name, aim = next(iter(_SORTED_BY.items()))
    images = sorted(evaluation.images, key=lambda image: -_badness_of(image, name, aim))
    keys = [image.key for image in images]
    rows = panels_of(colorizer, shards, evaluation.split, sorted(keys), edge_px=_EDGE_PX)
    strips = {row.key: _strip(row) for row in rows}
    count = "1 sample is" if len(keys) == 1 else f"{len(keys)} samples are"
    words = (
        f"{count} few: intervals are wide, and a verdict may be another on other photos. Each is "
        f"shown once, from the worst {image_label(name)} to the best. "
        f"Each strip: {' | '.join(TITLES)}. A click enlarges it."
    )
    shown = [
        picture(
            strips[image.key],
            f"{number(image.measures[name], 2)} · {photo_name(image.key)}",
            alt=f"{', '.join(TITLES)} of {image.key}",
        )
        for image in images
    ]
    return Markup("").join([note(words), flow(shown, "strips")])


def _badness_of(image: ImageResult, name: str, aim: str) -> float:
    value = image.measures[name]
    return math.inf if value is None else _badness(value, aim)


def ranked_keys(images: Sequence[ImageResult], name: str, aim: str) -> dict[str, list[str]]:
    """Return the keys of the worst, median and best images by a measure, without repeats.

    ``aim`` is ``high``, ``low`` or ``one`` (a ratio: near 1, twice as bad as half).
    """
    known = [(image.measures[name], image.key) for image in images]
    values = [(_badness(value, aim), key) for value, key in known if value is not None]
    keys = [key for _, key in sorted(values, reverse=True)]
    middle = max(0, len(keys) // 2 - _EACH // 2)
    groups = {
        "worst": keys[:_EACH],
        "best": keys[_EACH:][-_EACH:][::-1],
        "median": keys[middle : middle + _EACH],
    }
    groups["median"] = [k for k in groups["median"] if k not in groups["worst"] + groups["best"]]
    return {place: groups[place] for place in ("worst", "median", "best")}


def _badness(value: float, aim: str) -> float:
    if aim == "one":
        return abs(math.log(max(value, 1e-6)))
    return value if aim == "low" else -value


def _strip(row: Panels) -> Image.Image:
    gap = 3
    width = sum(p.width for p in row.pictures) + gap * (len(row.pictures) - 1)
    strip = Image.new("RGB", (width, max(p.height for p in row.pictures)), (128, 128, 128))
    left = 0
    for panel in row.pictures:
        strip.paste(panel, (left, 0))
        left += panel.width + gap
    return strip
