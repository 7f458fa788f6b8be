"""The table of dials: name, range, default, help and where each acts; every interface reads it."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

Acts = Literal["decoding", "chroma", "mixing", "logits"]


@dataclass(frozen=True)
class Dial:
    """A numeric setting of the colours.

    Args:
        name: of the option, the Python keyword and the field of the API.
        label: on the page.
        low: the least value.
        high: the greatest value.
        default: value if none is given; None for the network's own setting.
        help: its effect, in one line.
        acts: ``logits``, ``decoding`` (from logits to chroma), ``chroma`` (after decoding) or
            ``mixing`` (with the photo's own colours).
        above_low: whether ``low`` itself is refused.
        whole: whether only whole numbers are taken.
        slider_high: where a slider ends, when that is below ``high``.
        fallback: value if neither the caller nor the network sets one.
    """

    name: str
    label: str
    low: float
    high: float
    default: float | None
    help: str
    acts: Acts
    above_low: bool = False
    whole: bool = False
    slider_high: float | None = None
    fallback: float | None = None

    @property
    def range_text(self) -> str:
        """The range in words."""
        if self.above_low:
            return f"a number above {self.low:g} and at most {self.high:g}"
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.low:g} to {self.high:g}"

    @property
    def default_text(self) -> str:
        """The default in words."""
        if self.default is not None:
            return f"{self.default:g}"
        return f"the network's own, or {self.fallback:g}"

    def holds(self, value: float) -> bool:
        """Whether a value is in the range; NaN isn't."""
        inside = self.low < value if self.above_low else self.low <= value
        return inside and value <= self.high and (not self.whole or value == int(value))

    def require(self, value: float) -> None:
        """Refuse a value outside the range.

        Raises:
            ValueError: it is outside.
        """
        if not self.holds(value):
            raise ValueError(f"{self.name}: expected {self.range_text}, given {value}")

    def parsed(self, given: Any) -> float:
        """Parse a value from JSON or text.

        Raises:
            ValueError: it is no number, or outside the range.
        """
        try:
            value = math.nan if isinstance(given, bool) else float(given)
        except (TypeError, ValueError, OverflowError):
            value = math.nan
        if not self.holds(value):
            raise ValueError(f"{self.name}: expected {self.range_text}, given {given!r:.80}")
        return value


DIALS = {
    dial.name: dial
    for dial in (
        Dial("warmth", "Warmth", -1, 1, 0, "From -1, bluer, to 1, more orange.", "chroma"),
        Dial(
            "vividness",
            "Vividness",
            0,
            1,
            0.5,
            "From 0, pale and safe, to 1, vivid and now and then patchy.",
            "decoding",
        ),
        Dial(
            "saturation",
            "Saturation",
            0,
            4,
            None,
            "Factor on the chroma; 0 is gray.",
            "chroma",
            slider_high=2,
            fallback=1,
        ),
        Dial(
            "caution",
            "Caution",
            0,
            1,
            None,
            "How far unsure colours are drawn toward gray, from 0, not at all, to 1.",
            "decoding",
            fallback=0,
        ),
        Dial(
            "strength",
            "Strength",
            0,
            1,
            1,
            "How much of the new colours: 0 leaves the photo's own, or gray.",
            "mixing",
        ),
        Dial(
            "temperature",
            "Temperature",
            0,
            1,
            None,
            "Of the annealed mean: 1 is muted, near 0 patchy.",
            "decoding",
            above_low=True,
            fallback=0.38,
        ),
        Dial(
            "versions",
            "Versions",
            1,
            16,
            1,
            "Different plausible colourings of each photo: NAME-1, the most likely, NAME-2…",
            "logits",
            whole=True,
        ),
    )
}
"""Every dial by its name, in the order in which people are shown them."""

ON_PAGE = ("warmth", "vividness", "saturation", "caution", "strength")
"""Names of the dials that pages show as sliders."""


def sliders(own: dict[str, float]) -> list[dict[str, Any]]:
    """Return the page's dials as JSON values, each with its initial value.

    Args:
        own: the network's own settings, by name.
    """
    described = []
    for name in ON_PAGE:
        dial = DIALS[name]
        start = own.get(name, dial.fallback) if dial.default is None else dial.default
        high = dial.high if dial.slider_high is None else dial.slider_high
        kept = {key: asdict(dial)[key] for key in ("name", "label", "low", "help")}
        described.append(kept | {"high": high, "start": start})
    return described
