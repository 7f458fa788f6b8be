"""Test-time augmentation: a photo at several sizes, and mirrored, whose logits are averaged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float

from colorcore import array_namespace
from colorunet.parameters.meta import numbers, settings_of_run

_LEAST_SCALE = 0.125  # at 256 px a side of 32 px, a stride of the encoder
_MOST_SCALES = 16  # bounds the time of one photo


@dataclass(frozen=True)
class Averaging:
    """Versions of a photo whose logits are averaged.

    At a smaller size a network sees more of the scene at once, at a larger one more detail.

    Args:
        scales: sizes as shares of the photo's, each in [0.125, 1]; (1,) is the photo as it is.
        mirrored: each of them also mirrored left to right, at twice the cost.

    Raises:
        ValueError: no scale, one out of its range, or one given twice.
    """

    scales: tuple[float, ...] = (1.0,)
    mirrored: bool = False

    def __post_init__(self) -> None:
        """Check the scales."""
        inside = all(_LEAST_SCALE <= scale <= 1 for scale in self.scales)
        few = 0 < len(self.scales) <= _MOST_SCALES
        if not few or not inside or len(set(self.scales)) < len(self.scales):
            raise ValueError(
                f"scales: expected 1 to {_MOST_SCALES} different numbers from {_LEAST_SCALE} to 1, "
                "given " + (", ".join(f"{scale:g}" for scale in self.scales[:99]) or "none")
            )

    @classmethod
    def of_run(cls, meta: Mapping[str, Any]) -> "Averaging":
        """Return the averaging that a run was calibrated with, or the default.

        Raises:
            ColorunetError: the run's entry is invalid.
        """
        with settings_of_run(meta, "averaging") as settings:
            mirrored = settings.get("mirrored", False)
            if not isinstance(mirrored, bool):
                raise ValueError(f"mirrored: expected true or false, given {mirrored!r:.80}")
            return cls(numbers(settings.get("scales", [1.0]), "scales"), mirrored)

    def logits(
        self,
        network: Callable[[Any], Any],
        luma: Float[Any, "b 1 h w"],
        resized: Callable[[Any, Sequence[int]], Any],
        *,
        stride: int = 1,
    ) -> Float[Any, "b n hs ws"]:
        """Return the mean of a network's logits over the versions, at the size of ``luma``.

        Args:
            network: from luma to logits, at 1 / stride of its size.
            luma: an array of the library that the network and ``resized`` work with.
            resized: from an image (b, c, h, w) to one of another size.
            stride: how many pixels of ``luma`` a logit stands for, each way; sizes are rounded up.
        """
        xp = array_namespace(luma)
        edges = tuple(luma.shape[-2:])
        size = tuple(-(-edge // stride) for edge in edges)
        versions = []
        for mirrored in (False, True)[: 1 + self.mirrored]:
            for scale in self.scales:
                view = xp.flip(luma, axis=-1) if mirrored else luma
                if scale != 1:
                    view = resized(view, [max(1, round(edge * scale)) for edge in edges])
                logits = network(view)
                if tuple(logits.shape[-2:]) != size:
                    logits = resized(logits, size)
                versions.append(xp.flip(logits, axis=-1) if mirrored else logits)
        return sum(versions[1:], versions[0]) / len(versions)
