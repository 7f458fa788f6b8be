"""Films in colour: how steady and how colourful a run's colours are beside the film's own."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("av")  # the extra "video"; clip_files imports it too

from clip_files import ClipSettings, write_clip

from colorcore.consistency import color_distribution_consistency, level_shares
from colorcore.measures import colorfulness
from colorunet.coloring.colorizer import Colorizer
from trainer.errors import TrainerError
from trainer.evaluation.films import measure_film


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer.load("colorunet-small", working_edge_px=64)


def _frames(demo_photos: Path) -> list[np.ndarray]:
    image = Image.open(next(demo_photos.rglob("coffee.png"))).convert("RGB").resize((160, 120))
    return [np.asarray(image.crop((at, 0, at + 96, 64))) for at in range(0, 36, 6)]


def test_the_films_own_figures_are_those_of_its_frames(
    colorizer: Colorizer, demo_photos: Path, tmp_path: Path
) -> None:
    frames = _frames(demo_photos)
    lossless = ClipSettings(codec="ffv1", pix_fmt="bgr0", options={})
    film = measure_film(colorizer, write_clip(tmp_path / "a.mkv", frames, lossless))
    shares = np.stack([level_shares(frame) for frame in frames])
    own = np.mean([colorfulness(frame.astype(np.float32) / 255) for frame in frames])
    assert film.frames == len(frames)
    assert film.true_cdc == pytest.approx(color_distribution_consistency(shares))
    assert film.true_colorfulness == pytest.approx(own, rel=1e-5)
    assert film.delta_colorfulness == abs(film.colorfulness - film.true_colorfulness)
    assert 0 < film.cdc < 0.2


def test_a_still_has_no_inconsistency(
    colorizer: Colorizer, demo_photos: Path, tmp_path: Path
) -> None:
    lossless = ClipSettings(codec="ffv1", pix_fmt="bgr0", options={})
    still = [_frames(demo_photos)[0]] * 5
    film = measure_film(colorizer, write_clip(tmp_path / "a.mkv", still, lossless))
    assert film.true_cdc == 0
    assert film.cdc < 1e-3


def test_what_is_no_film_is_named(colorizer: Colorizer, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(TrainerError, match=r"a\.mp4: an empty file"):
        measure_film(colorizer, tmp_path / "a.mp4")
