"""One table of dials: every interface has its ranges, and what it says is plainly seen."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import dials_table
import numpy as np
import pytest
from PIL import Image

from colorunet.cli.colorize import command
from colorunet.coloring.calling import CallOptions
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.decoding import Decoding
from colorunet.coloring.dials import DIALS, ON_PAGE, sliders
from colorunet.coloring.toning import Toning, vivid
from colorunet.page.limits import Limits
from colorunet.page.look import Look, look_of_object
from colorunet.page.refusal import Refusal

CHECKED: dict[str, Callable[[float], object]] = {
    "warmth": lambda value: Toning(warmth=value),
    "strength": lambda value: Toning(strength=value),
    "vividness": partial(vivid, Decoding()),
    "saturation": lambda value: Decoding(saturation=value),
    "caution": lambda value: Decoding(caution=value),
    "temperature": lambda value: Decoding(temperature=value),
}


@pytest.mark.parametrize("name", CHECKED)
def test_python_takes_the_range_of_the_table(name: str) -> None:
    dial, check = DIALS[name], CHECKED[name]
    check(dial.high)
    check(dial.low + (0.01 if dial.above_low else 0))
    for wrong in (dial.low - 0.01, dial.high + 0.01, float("nan")):
        with pytest.raises(ValueError, match=f"{name}: expected a number .*, given"):
            check(wrong)


def test_python_has_the_defaults_of_the_table() -> None:
    own, given = Decoding(), Toning()
    for name in ("temperature", "saturation", "caution"):
        assert getattr(own, name) == DIALS[name].fallback
    for name in ("warmth", "strength"):
        assert getattr(given, name) == DIALS[name].default == getattr(Look(), name)


@pytest.mark.parametrize("name", DIALS)
def test_the_command_line_has_range_and_words_of_the_table(name: str) -> None:
    dial = DIALS[name]
    (option,) = (one for one in command.params if one.name == name or f"--{name}" in one.opts)
    assert isinstance(option, click.Option)
    assert isinstance(option.type, click.IntRange | click.FloatRange)
    assert (option.type.min, option.type.max) == (dial.low, dial.high)
    assert (option.help or "").startswith(dial.help)


@pytest.mark.parametrize("name", ON_PAGE)
def test_the_page_takes_the_range_of_the_table(name: str) -> None:
    dial = DIALS[name]
    assert getattr(look_of_object({name: dial.high}, Limits()), name) == dial.high
    for wrong in (dial.high + 0.01, "lots", True, []):
        with pytest.raises(Refusal, match=f"{name}: expected a number from"):
            look_of_object({name: wrong}, Limits())


def test_the_table_in_the_docs_is_that_of_the_code() -> None:
    assert dials_table.PAGE.read_text(encoding="utf-8") == dials_table.with_table()


def test_sliders_start_at_the_networks_own_settings() -> None:
    starts = {one["name"]: one["start"] for one in sliders({"saturation": 0.9})}
    assert starts == {
        "warmth": 0,
        "vividness": 0.5,
        "saturation": 0.9,
        "caution": 0,
        "strength": 1,
    }
    assert all(one["low"] <= one["start"] <= one["high"] for one in sliders({}))
    assert set(ON_PAGE) <= set(Look.__dataclass_fields__)
    assert set(CHECKED) <= set(CallOptions.__annotations__)


@pytest.fixture(scope="module")
def gray_photos(demo_photos: Path) -> list[Image.Image]:
    found = []
    for name in ("coffee.png", "chelsea.png"):
        with Image.open(next(demo_photos.rglob(name))) as image:
            image.thumbnail((256, 256))
            found.append(image.convert("L"))
    return found


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer.load()


def _chroma(colorizer: Colorizer, photo: Image.Image, **dials: float) -> float:
    colored = np.asarray(colorizer(photo, **dials), np.float64)  # type: ignore[typeddict-item]
    return float(np.mean(colored.max(axis=-1) - colored.min(axis=-1)))


@pytest.mark.parametrize(
    ("name", "values", "growth"),
    [
        ("vividness", (0, 0.2, 0.4, 0.6, 0.8, 1), 2.0),
        ("saturation", (0, 0.5, 1, 1.5, 2), 2.0),
        ("caution", (1, 0.6, 0.3, 0.1, 0), 1.25),
        ("strength", (0, 0.25, 0.5, 0.75, 1), 2.0),
    ],
)
def test_a_dial_is_plainly_visible_and_monotone(
    colorizer: Colorizer,
    gray_photos: list[Image.Image],
    name: str,
    values: tuple[float, ...],
    growth: float,
) -> None:
    for photo in gray_photos:
        chroma = [_chroma(colorizer, photo, **{name: value}) for value in values]
        assert chroma == sorted(chroma)
        assert chroma[-1] > growth * chroma[0]
        assert chroma[-1] - chroma[0] > 5  # of 255


def test_full_caution_leaves_a_good_part_of_the_colors(
    colorizer: Colorizer, gray_photos: list[Image.Image]
) -> None:
    for photo in gray_photos:
        assert _chroma(colorizer, photo, caution=1) > 0.25 * _chroma(colorizer, photo, caution=0)


def test_vividness_keeps_hues_and_scales_the_saturation_asked_for() -> None:
    own = Decoding(saturation=0.5)
    assert vivid(own, 0.5) == own
    assert vivid(own, 1).saturation == pytest.approx(0.9)
    assert vivid(Decoding(saturation=4), 1).saturation == 4


def test_warmth_and_its_opposite_differ_plainly(
    colorizer: Colorizer, gray_photos: list[Image.Image]
) -> None:
    for photo in gray_photos:
        red_less_blue = [
            float(np.mean(np.asarray(colorizer(photo, warmth=w), np.float64)[..., ::2] @ [1, -1]))
            for w in (-1, -0.5, 0, 0.5, 1)
        ]
        assert red_less_blue == sorted(red_less_blue)
        assert red_less_blue[-1] - red_less_blue[0] > 20
