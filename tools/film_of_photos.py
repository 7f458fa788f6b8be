"""A film made from photographs: pans, zooms, cuts, grain, judder; with exact motion."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Shot:
    """A camera that moves over one photograph.

    Args:
        photo: RGB.
        frames: how many.
        start: where it looks first: centre x, centre y and width, as shares of the photo's.
        end: where it looks last.
    """

    photo: Image.Image
    frames: int
    start: tuple[float, float, float] = (0.5, 0.5, 0.8)
    end: tuple[float, float, float] = (0.5, 0.5, 0.8)


@dataclass(frozen=True)
class Wear:
    """Damage by age and by a hand-cranked camera.

    Args:
        grain: standard deviation in levels of 255.
        judder: standard deviation of the picture's place, as a share of its width.
        exposure: standard deviation of the brightness from frame to frame, as a share.
    """

    grain: float = 0.0
    judder: float = 0.0
    exposure: float = 0.0


@dataclass(frozen=True)
class FilmFrame:
    """One frame.

    Args:
        rgb: (H, W, 3) uint8, as it is seen, worn.
        clean: (H, W, 3) uint8, without grain and at the right exposure.
        box: left, top, right and bottom of what is seen, in pixels of the photograph.
        shot: the number of the shot.
    """

    rgb: np.ndarray
    clean: np.ndarray
    box: Box
    shot: int

    def places_in(self, other: "FilmFrame") -> np.ndarray:
        """Return where each pixel is in another frame of the shot: (H, W, 2), x and y in pixels."""
        height, width = self.rgb.shape[:2]
        axes = []
        for low, high, count in ((0, 2, width), (1, 3, height)):
            step = (self.box[high] - self.box[low]) / count
            photo = self.box[low] + (np.arange(count) + 0.5) * step
            other_step = (other.box[high] - other.box[low]) / count
            axes.append((photo - other.box[low]) / other_step - 0.5)
        return np.stack(np.broadcast_arrays(axes[0][None, :], axes[1][:, None]), axis=-1)


@dataclass(frozen=True)
class Film:
    """Shots one after the other.

    Args:
        shots: at least one.
        size: width and height of a frame.
        wear: of the whole film.
        seed: of the wear.
    """

    shots: Sequence[Shot]
    size: tuple[int, int] = (640, 360)
    wear: Wear = field(default_factory=Wear)
    seed: int = 0

    def __iter__(self) -> Iterator[FilmFrame]:
        """Yield the frames in order."""
        rng = np.random.default_rng(self.seed)
        for number, shot in enumerate(self.shots):
            for at in np.linspace(0, 1, shot.frames):
                yield self._frame(number, shot, float(at), rng)

    def _frame(self, number: int, shot: Shot, at: float, rng: np.random.Generator) -> FilmFrame:
        x, y, share = ((1 - at) * a + at * b for a, b in zip(shot.start, shot.end, strict=True))
        shake = rng.normal(0, 1, 2) * self.wear.judder * share
        box = self._box(shot.photo, x + shake[0], y + shake[1], share)
        seen = shot.photo.resize(self.size, Image.Resampling.BICUBIC, box=box)
        clean = np.asarray(seen)
        gain = 1 + rng.normal(0, 1) * self.wear.exposure
        grain = rng.normal(0, 1, clean.shape[:2]).astype(np.float32) * self.wear.grain
        worn = clean * np.float32(gain) + grain[..., None]
        return FilmFrame(np.clip(np.rint(worn), 0, 255).astype(np.uint8), clean, box, number)

    def _box(self, photo: Image.Image, x: float, y: float, share: float) -> Box:
        """Return a box of the frame's aspect ratio inside the photo."""
        aspect = self.size[0] / self.size[1]
        width = min(share * photo.width, photo.width, photo.height * aspect)
        height = width / aspect
        left = min(max(x * photo.width - width / 2, 0), photo.width - width)
        top = min(max(y * photo.height - height / 2, 0), photo.height - height)
        return left, top, left + width, top + height
