"""colorcore.palette: what it promises, and its JSON."""

import json

import numpy as np
import pytest

from colorcore import Palette

_CENTERS = np.array([[0.0, 0.0], [0.1, -0.2], [-0.3, 0.25]])
_PRIOR = np.array([0.5, 0.3, 0.2])


def test_everything_but_centers_and_prior_has_a_default() -> None:
    palette = Palette(centers=_CENTERS, prior=_PRIOR)
    assert palette.n == 3
    assert palette.color_space == "yuv-bt601-gamma"


def test_json_gives_an_equal_palette_back(palette: Palette) -> None:
    again = Palette.from_json(palette.to_json())
    assert again == palette
    assert (again.centers == palette.centers).all()
    assert hash(again) == hash(palette)


def test_the_json_has_the_keys_that_others_rely_on() -> None:
    content = json.loads(Palette(centers=_CENTERS, prior=_PRIOR).to_json())
    assert np.array(content["centers"]).shape == (3, 2)
    assert len(content["prior"]) == 3
    assert len(content["fingerprint"]) == 64


def test_the_fingerprint_is_stable_across_versions() -> None:
    # Written down once; a change of it orphans every shard set and checkpoint there is.
    assert Palette(centers=_CENTERS, prior=_PRIOR).fingerprint == (
        "1178a6c435f03739b91a0f5ceaf3e05c4660cfe8927b35ccfe581d4ea482485a"
    )


def test_any_change_changes_the_fingerprint() -> None:
    palette = Palette(centers=_CENTERS, prior=_PRIOR)
    others = [
        Palette(centers=_CENTERS + 1e-12, prior=_PRIOR),
        Palette(centers=_CENTERS, prior=_PRIOR[::-1]),
        Palette(centers=_CENTERS, prior=_PRIOR, method="grid"),
        Palette(centers=_CENTERS, prior=_PRIOR, parameters={"seed": 1}),
        Palette(centers=_CENTERS, prior=_PRIOR, photos=1),
    ]
    assert len({palette.fingerprint, *(other.fingerprint for other in others)}) == 6


@pytest.mark.usefixtures("unchecked_shapes")
def test_content_changed_by_hand_is_refused_with_both_fingerprints() -> None:
    palette = Palette(centers=_CENTERS, prior=_PRIOR)
    content = palette.to_dict()
    content["centers"][0][0] = 0.01
    changed = Palette(centers=np.array(content["centers"]), prior=_PRIOR)
    with pytest.raises(ValueError, match=palette.fingerprint) as error:
        Palette.from_dict(content)
    assert changed.fingerprint in str(error.value)


def test_arrays_cannot_be_changed_afterwards() -> None:
    centers = _CENTERS.copy()
    palette = Palette(centers=centers, prior=_PRIOR)
    centers[0, 0] = 9
    assert palette.centers[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        palette.centers[0, 0] = 9


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"centers": np.zeros((3, 3)), "prior": _PRIOR}, r"expected \(n, 2\)"),
        ({"centers": _CENTERS[:1], "prior": np.ones(1)}, "2 to 255 bins, given 1"),
        ({"centers": np.zeros((256, 2)), "prior": np.full(256, 1 / 256)}, "given 256"),
        ({"centers": _CENTERS, "prior": _PRIOR[:2]}, r"expected \(3,\)"),
        ({"centers": _CENTERS, "prior": _PRIOR * 2}, "sum"),
        ({"centers": _CENTERS, "prior": np.array([1.2, -0.1, -0.1])}, "sum to 1"),
        ({"centers": _CENTERS * np.nan, "prior": _PRIOR}, "NaN"),
        ({"centers": _CENTERS * 255, "prior": _PRIOR}, "within ±1"),
        ({"centers": _CENTERS * 0, "prior": _PRIOR}, "all different"),
        ({"centers": _CENTERS, "prior": _PRIOR, "color_space": "lab"}, "color space"),
    ],
)
def test_what_is_no_palette_is_refused(arguments: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Palette(**arguments)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "JSON object"),
        ("{}", "missing centers, prior"),
        ('{"schema_version": 9}', "schema"),
        ('{"centers": "x", "prior": [1]}', "palette|float"),
        ("{", "Expecting"),
    ],
)
def test_what_is_no_palette_file_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Palette.from_json(text)
