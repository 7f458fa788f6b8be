import io

import numpy as np
import pytest
import zstandard
from PIL import Image

from colorcore import Palette, rgb_to_yuv, uv_to_bins
from dataprep.errors import UnusablePhoto
from dataprep.photos.folder import PhotoFolder
from dataprep.shards.samples import EncodedSample, SampleMaker, resized_photo
from dataprep.shards.views import ViewSettings, cut_image, cut_luma


def samples(folder: PhotoFolder, palette: Palette, settings: ViewSettings, split: str = "train"):
    photo = folder.kept()[0]
    data = folder.read(photo)
    maker = SampleMaker(palette, settings)
    made, bin_counts = maker.samples([(photo.key, resized_photo(data, settings))], split)
    return data, made, bin_counts


@pytest.fixture
def folder(photo_folder) -> PhotoFolder:
    return PhotoFolder(photo_folder)


def unpacked(sample: EncodedSample) -> np.ndarray:
    bins = zstandard.ZstdDecompressor().decompress(sample.members["bins.zst"])
    return np.frombuffer(bins, dtype=np.uint8).reshape(sample.view.crop_size, -1)


def test_bins_are_the_exact_nearest_centres_of_the_clean_uncompressed_crop(
    folder: PhotoFolder, small_palette: Palette
) -> None:
    settings = ViewSettings(noise_sigma=0.1)
    data, made, bin_counts = samples(folder, small_palette, settings)
    photo = resized_photo(data, settings)
    counted = np.zeros(9, dtype=np.int64)
    for sample in made:
        crop = np.asarray(cut_image(photo, sample.view))
        nearest = uv_to_bins(rgb_to_yuv(crop / 255.0)[..., 1:], small_palette)
        assert np.array_equal(unpacked(sample), nearest)
        counted += np.bincount(nearest.ravel(), minlength=9)
    assert np.array_equal(bin_counts, counted)


def test_a_frame_states_its_content_size(folder: PhotoFolder, small_palette: Palette) -> None:
    _, made, _ = samples(folder, small_palette, ViewSettings(size=64))
    frame = zstandard.get_frame_parameters(made[0].members["bins.zst"])
    assert frame.content_size == 64 * 64


def test_lossless_luma_is_y_of_the_crop_within_one_level(
    folder: PhotoFolder, small_palette: Palette
) -> None:
    settings = ViewSettings(luma="png", noise_sigma=0.0)
    data, made, _ = samples(folder, small_palette, settings)
    photo = resized_photo(data, settings)
    for sample in made:
        stored = np.asarray(Image.open(io.BytesIO(sample.members["y.png"])))
        exact = 255 * rgb_to_yuv(np.asarray(cut_image(photo, sample.view)) / 255.0)[..., 0]
        assert stored.shape == (256, 256)
        assert np.abs(stored - exact).max() < 0.51


def test_noise_is_on_the_luma_and_not_in_the_labels(
    folder: PhotoFolder, small_palette: Palette
) -> None:
    settings = ViewSettings(luma="png", noise_sigma=0.05)
    data, made, _ = samples(folder, small_palette, settings)
    noisy = next(sample for sample in made if sample.view.kind == "random-noise")
    clean = resized_photo(data, settings).convert("L")
    stored = np.asarray(Image.open(io.BytesIO(noisy.members["y.png"]))).astype(float)
    assert np.array_equal(stored, cut_luma(clean, noisy.view))
    assert np.std(stored - np.asarray(cut_image(clean, noisy.view))) == pytest.approx(
        0.05 * 255, rel=0.1
    )


def test_members_and_their_order_are_those_of_the_format(
    folder: PhotoFolder, small_palette: Palette
) -> None:
    def names(split: str, **options) -> list[list[str]]:
        _, made, _ = samples(folder, small_palette, ViewSettings(size=32, **options), split)
        return [list(sample.members) for sample in made]

    assert names("train") == [["y.jpg", "bins.zst"]] * 5
    assert names("train", keep_rgb=True, views=1) == [["y.jpg", "bins.zst", "rgb.jpg"]]
    assert names("val") == [["y.jpg", "bins.zst", "rgb.jpg"]]
    assert names("test", luma="png") == [["y.png", "bins.zst", "rgb.jpg"]]


def test_images_are_jpegs_of_quality_95_gray_and_without_chroma_subsampling(
    folder: PhotoFolder, small_palette: Palette
) -> None:
    _, (sample,), _ = samples(folder, small_palette, ViewSettings(), "val")
    luma = Image.open(io.BytesIO(sample.members["y.jpg"]))
    color = Image.open(io.BytesIO(sample.members["rgb.jpg"]))
    assert (luma.mode, luma.size) == ("L", (256, 256))
    assert luma.quantization[0][0] == color.quantization[0][0] == 2  # libjpeg's at quality 95
    assert (color.mode, color.size) == ("RGB", (256, 256))
    assert [component[1:3] for component in color.layer] == [(1, 1)] * 3


def test_samples_stay_the_same_when_made_again(folder: PhotoFolder, small_palette: Palette) -> None:
    first = samples(folder, small_palette, ViewSettings())[1]
    second = samples(folder, small_palette, ViewSettings())[1]
    assert [s.members for s in first] == [s.members for s in second]


def test_samples_of_many_photos_at_once_are_those_of_each_alone(
    folder: PhotoFolder, small_palette: Palette
) -> None:
    settings = ViewSettings(size=37, keep_rgb=True)
    maker = SampleMaker(small_palette, settings)
    photos = [(p.key, resized_photo(folder.read(p), settings)) for p in folder.kept()[:5]]
    together, counts = maker.samples(photos, "train")
    alone = [maker.samples([photo], "train") for photo in photos]
    assert together == [sample for made, _ in alone for sample in made]
    assert np.array_equal(counts, sum(of_photo for _, of_photo in alone))


def test_what_cannot_be_decoded_is_refused_with_a_reason() -> None:
    with pytest.raises(UnusablePhoto, match="undecodable"):
        resized_photo(b"no image", ViewSettings())


def test_a_comment_and_a_profile_of_the_photo_are_in_no_sample(small_palette: Palette) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (80, 90, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "JPEG", comment=b"keep this to yourself")
    assert b"keep this" in buffer.getvalue()
    settings = ViewSettings(size=32, keep_rgb=True)
    photo = resized_photo(buffer.getvalue(), settings)
    samples, _ = SampleMaker(small_palette, settings).samples([("p", photo)], "train")
    members = [data for sample in samples for data in sample.members.values()]
    assert not any(b"keep this" in data for data in members)
