"""The encoders of films give the same bytes each time."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from PIL import Image

av = pytest.importorskip("av")

from colorunet.video.color_coding import BT709, ColorCoding  # noqa: E402
from colorunet.video.encoding import (  # noqa: E402
    FFV1,
    H264,
    HEVC,
    VP9,
    Encoder,
    StretchEncoder,
    Target,
)
from colorunet.video.planes import FrameLayout  # noqa: E402

SIZES = ((64, 48), (144, 96), (176, 64), (272, 48))  # rows of 4, 9, 11 and 17 macroblocks
FRAMES = 32


def _target(encoder: Encoder, width: int, height: int) -> Target:
    coding = ColorCoding(BT709, full_range=False, bits=8)
    layout = FrameLayout(width, height, coding, halved=True, from_rgb=False, gray=False)
    rate = Fraction(25)
    return Target(
        encoder=encoder,
        layout=layout,
        time_base=1 / rate,
        rate=rate,
        pixel_aspect=Fraction(0),
        primaries=2,
        transfer=2,
        interlaced=False,
        group=FRAMES,
    )


def _frames(width: int, height: int, seed: int) -> list[Any]:
    """Return a pan over smooth noise."""
    shape = (height // 8, width // 8 + 12)
    noise = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    size = (width + 2 * FRAMES, height + FRAMES)
    wide = np.asarray(Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC))
    return [
        av.VideoFrame.from_ndarray(
            np.ascontiguousarray(wide[i : i + height, 2 * i : 2 * i + width]), format="gray"
        ).reformat(format="yuv420p")
        for i in range(FRAMES)
    ]


def _encoded(encoder: Encoder, frames: list[Any]) -> bytes:
    stretch = StretchEncoder(_target(encoder, frames[0].width, frames[0].height))
    for number, frame in enumerate(frames):
        stretch.add(frame, number, 1)
    return stretch.finish().data.tobytes()


@pytest.mark.parametrize(("encoder", "times"), [(H264, 30), (HEVC, 3), (VP9, 3), (FFV1, 3)])
def test_a_stretch_gives_the_same_bytes_each_time(encoder: Encoder, times: int) -> None:
    films = [_frames(*size, seed=0) for size in SIZES]
    others = [_frames(*size, seed=1) for size in ((96, 96), (160, 64), (208, 112))]
    seen: list[set[bytes]] = [set() for _ in films]
    for turn in range(times):
        _encoded(encoder, others[turn % 3])  # leaves other values in the memory that is used next
        for kinds, frames in zip(seen, films, strict=True):
            kinds.add(_encoded(encoder, frames))
    assert [len(kinds) for kinds in seen] == [1] * len(films)
