import io
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dataprep.errors import UnusablePhoto
from dataprep.shards.views import (
    ViewSettings,
    add_noise,
    cut,
    cut_image,
    plan_views,
    refuse_unfit,
    resize_short_edge,
    resized_shape,
)

DEFAULTS = ViewSettings()


@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(16, 512))
def test_the_shorter_edge_gets_the_size_and_the_aspect_stays(
    width: int, height: int, size: int
) -> None:
    resized = resized_shape(width, height, size)
    assert min(resized) == size
    scale = size / min(width, height)
    assert max(resized) == pytest.approx(scale * max(width, height), abs=0.51)


@given(st.integers(0, 400), st.booleans(), st.integers(0, 99), st.integers(1, 12))
def test_every_view_lies_inside_the_photo_and_along_its_long_edge(
    slack: int, tall: bool, seed: int, count: int
) -> None:
    settings = ViewSettings(seed=seed, views=count)
    resized = (256, 256 + slack) if tall else (256 + slack, 256)
    views = plan_views("p-1", "train", resized, settings)
    assert [view.view for view in views] == list(range(count))
    for view in views:
        across, along = (view.crop_left, view.crop_top) if tall else (view.crop_top, view.crop_left)
        assert across == 0
        assert 0 <= along <= slack


def test_five_views_are_center_two_random_one_flipped_one_noisy() -> None:
    views = plan_views("p-1", "train", (400, 256), DEFAULTS)
    assert [view.kind for view in views] == [
        "center",
        "random",
        "random",
        "random-flip",
        "random-noise",
    ]
    assert [view.flip for view in views] == [False, False, False, True, False]
    assert [view.noise_sigma > 0 for view in views] == [False] * 4 + [True]
    assert views[0].crop_left == 72


def test_val_and_test_get_the_center_only_unless_all_are_augmented() -> None:
    for split in ("val", "test"):
        assert len(plan_views("p", split, (400, 256), DEFAULTS)) == 1
        assert len(plan_views("p", split, (400, 256), ViewSettings(augment="all"))) == 5


def test_random_crops_spread_over_the_whole_photo() -> None:
    lefts = [plan_views(f"p-{n}", "train", (356, 256), DEFAULTS)[1].crop_left for n in range(500)]
    assert min(lefts) < 3
    assert max(lefts) > 97
    assert np.mean(lefts) == pytest.approx(50, abs=4)


def test_a_view_depends_on_seed_photo_and_number_alone() -> None:
    base = plan_views("p-1", "train", (600, 256), DEFAULTS)
    assert plan_views("p-1", "train", (600, 256), DEFAULTS) == base
    assert plan_views("p-1", "train", (600, 256), ViewSettings(views=3)) == base[:3]
    for other in (
        plan_views("p-2", "train", (600, 256), DEFAULTS),
        plan_views("p-1", "train", (600, 256), ViewSettings(seed=1)),
    ):
        assert [v.crop_left for v in other[1:]] != [v.crop_left for v in base[1:]]


def test_crops_are_views_of_the_pixels_and_a_flip_mirrors_them() -> None:
    pixels = np.arange(256 * 300, dtype=np.uint32).astype(np.uint8).reshape(256, 300)
    views = plan_views("p-1", "train", (300, 256), DEFAULTS)
    for view in views:
        crop = cut(pixels, view)
        assert crop.shape == (256, 256)
        assert np.shares_memory(crop, pixels)
        straight = pixels[:, view.crop_left : view.crop_left + 256]
        assert np.array_equal(crop, straight[:, ::-1] if view.flip else straight)
        assert np.array_equal(np.asarray(cut_image(Image.fromarray(pixels), view)), crop)


def test_noise_is_gaussian_of_the_sigma_asked_for_and_independent_between_pixels() -> None:
    luma = np.full((256, 256), 128, dtype=np.uint8)
    noise = add_noise(luma, 0.04, seed=3).astype(np.float64) - 128
    assert noise.mean() == pytest.approx(0, abs=0.15)
    assert noise.std() == pytest.approx(0.04 * 255, rel=0.02)
    assert np.mean(np.abs(noise) < 0.04 * 255) == pytest.approx(0.683, abs=0.03)
    assert abs(np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1]) < 0.02


def test_noise_is_the_same_for_the_same_seed_and_clipped_to_bytes() -> None:
    luma = np.tile(np.array([0, 255], dtype=np.uint8), (64, 33))
    assert np.array_equal(add_noise(luma, 0.2, 5), add_noise(luma, 0.2, 5))
    assert not np.array_equal(add_noise(luma, 0.2, 5), add_noise(luma, 0.2, 6))
    assert np.ptp(add_noise(luma, 0.2, 5)[:, 0]) > 0


@pytest.mark.parametrize("shape", [(800, 533), (533, 800), (801, 535), (1600, 1067), (2049, 1025)])
def test_decoding_at_a_reduced_scale_keeps_the_resampling_quality(
    demo_photos, shape: tuple[int, int]
) -> None:
    from colorcore.measures import psnr
    from dataprep.photos.imaging import decode_photo

    image = Image.open(demo_photos / "sklearn" / "china.jpg").convert("RGB").resize(shape)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    reduced = decode_photo(buffer.getvalue(), near_px=256)
    assert reduced.width < shape[0]
    fast = resize_short_edge(reduced, 256, shape)
    slow = resize_short_edge(decode_photo(buffer.getvalue()), 256)
    assert fast.size == slow.size
    assert psnr(np.asarray(fast) / 255, np.asarray(slow) / 255) > 33


def test_photos_that_do_not_fit_are_refused_with_a_reason() -> None:
    refuse_unfit(4096, 256, DEFAULTS)
    with pytest.raises(UnusablePhoto, match="too elongated: 30000 x 100"):
        refuse_unfit(30000, 100, DEFAULTS)
    refuse_unfit(200, 200, DEFAULTS)
    with pytest.raises(UnusablePhoto, match="smaller than 256: 255 x 900"):
        refuse_unfit(255, 900, ViewSettings(small="reject"))


@pytest.mark.parametrize(
    "wrong", [{"size": 8}, {"views": 0}, {"noise_sigma": -0.1}, {"noise_sigma": float("nan")}]
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        ViewSettings(**wrong)


def test_seeds_fit_the_table() -> None:
    views = itertools.chain.from_iterable(
        plan_views(f"p-{n}", "train", (300, 256), DEFAULTS) for n in range(100)
    )
    assert all(0 <= view.noise_seed < 2**63 for view in views)


@pytest.mark.parametrize(
    ("name", "value"),
    [("size", 32.0), ("views", True), ("seed", "1"), ("keep_rgb", "yes"), ("luma", "gif"),
     ("augment", []), ("noise_sigma", float("nan"))],
)  # fmt: skip
def test_settings_of_other_types_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name.split("_", maxsplit=1)[0]):
        ViewSettings(**{name: value})
