"""What a program gets from the API: photos as the command colours them, or a line of error."""

import hashlib
import io
import json
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

from colorunet.cli.colorize import command

TIMEOUT_S = 60


def _post(url: str, photo: Path | bytes, name: str = "", **fields: Any) -> requests.Response:
    data = photo if isinstance(photo, bytes) else photo.read_bytes()
    name = name or (photo.name if isinstance(photo, Path) else "photo")
    return requests.post(url, files={"image": (name, data)}, data=fields, timeout=TIMEOUT_S)


def _image(answer: requests.Response) -> Image.Image:
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


def test_a_photo_comes_back_as_the_command_writes_it(
    served: Any, coffee: Path, tmp_path: Path
) -> None:
    options = ["--network", "colorunet-listed", "--warmth", "0.3", "--vividness", "0.7"]
    command.main([*options, str(coffee), "-o", str(tmp_path / "c.jpg")], standalone_mode=False)
    answer = _post(f"{served.url}/api/colorize", coffee, warmth="0.3", vividness="0.7")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert "coffee-colorized.jpg" in answer.headers["Content-Disposition"]
    assert answer.content == (tmp_path / "c.jpg").read_bytes()


def test_format_and_depth_stay(served: Any, coffee: Path) -> None:
    deep = (np.asarray(Image.open(coffee)).astype(np.uint16) * 257)[:90, :120]
    file = io.BytesIO()
    Image.fromarray(deep).save(file, "PNG")
    answer = _post(f"{served.url}/api/colorize", file.getvalue(), "deep.png")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.content[24:26] == bytes([16, 2])  # bits, colour type RGB
    assert _image(answer).size == (120, 90)


def test_the_ends_of_the_dials_are_taken(served: Any, coffee: Path) -> None:
    url = f"{served.url}/api/colorize"
    with _image(_post(url, coffee, saturation="0")) as image:
        assert np.ptp(np.asarray(image.convert("RGB"), np.int16), axis=-1).max() <= 4  # JPEG's
    ends = {"warmth": "-1", "vividness": "1", "saturation": "4"}
    assert _post(url, coffee, **ends).status_code == 200
    assert _post(url, coffee, warmth="1", vividness="0").status_code == 200


def test_a_hint_colors_its_pixel(served: Any, coffee: Path) -> None:
    hints = json.dumps([{"x": 500, "y": 320, "color": "#2050c0"}])
    with _image(_post(f"{served.url}/api/colorize", coffee, hints=hints)) as image:
        red, _, blue = image.convert("RGB").getpixel((500, 320))
    assert blue > red + 40


def test_versions_come_as_a_zip_each_another(served: Any, coffee: Path) -> None:
    answer = _post(f"{served.url}/api/colorize", coffee, versions="3")
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert _photos_in(archive) == [f"coffee-colorized-{n}.jpg" for n in (1, 2, 3)]
        photos = [archive.read(name) for name in _photos_in(archive)]
    assert len(set(photos)) == 3
    assert all(Image.open(io.BytesIO(photo)).size == (600, 400) for photo in photos)


def test_a_kept_photo_is_previewed_saved_and_forgotten(served: Any, coffee: Path) -> None:
    told = _post(f"{served.url}/api/photos", coffee).json()
    assert (told["name"], told["width"], told["height"]) == ("coffee.jpg", 600, 400)
    at = f"{served.url}/api/photos/{told['id']}"
    with _image(requests.get(f"{at}/gray", timeout=TIMEOUT_S)) as gray:
        assert gray.mode == "L"
    with _image(requests.get(f"{at}/confidence", timeout=TIMEOUT_S)) as sure:
        levels = np.asarray(sure)
        assert levels.std() > 0
    look = {"warmth": 0.5, "vividness": 0.8, "saturation": 1.2}
    with _image(requests.post(f"{at}/preview", json=look, timeout=TIMEOUT_S)) as preview:
        shown = np.asarray(preview.convert("RGB"), np.float64)
    file = requests.post(f"{at}/file", json=look, timeout=TIMEOUT_S)
    same = _post(f"{served.url}/api/colorize", coffee, **{k: str(v) for k, v in look.items()})
    assert file.content == same.content
    with _image(file) as image:
        saved = np.asarray(image.convert("RGB"), np.float64)
    assert np.abs(shown - saved).mean() < 3.5  # of 255, most of it JPEG's: seen is what is saved
    assert requests.delete(at, timeout=TIMEOUT_S).status_code == 204
    assert requests.get(f"{at}/gray", timeout=TIMEOUT_S).status_code == 404


def test_the_version_that_was_chosen_is_the_one_that_is_saved(served: Any, chelsea: Path) -> None:
    at = f"{served.url}/api/photos/{_post(f'{served.url}/api/photos', chelsea).json()['id']}"
    hints = [{"x": 10, "y": 10, "color": "#2050c0"}]
    for look in ({"version": 2}, {"version": 2, "vividness": 0.9, "hints": hints}):
        answers = [
            requests.post(f"{at}/{what}", json=look, timeout=TIMEOUT_S)
            for what in ("preview", "file")
        ]
        shown, saved = (np.asarray(_image(answer), np.float64) for answer in answers)
        plain = np.asarray(_image(requests.post(f"{at}/preview", timeout=TIMEOUT_S)), np.float64)
        assert np.abs(shown - saved).mean() < 5
        assert np.abs(shown - plain).mean() > 8


def test_several_photos_come_in_one_archive(served: Any, coffee: Path, chelsea: Path) -> None:
    ids = [
        _post(f"{served.url}/api/photos", photo, "a/../same.jpg").json()["id"]
        for photo in (coffee, chelsea)
    ]
    photos = [{"id": ids[0], "look": {"warmth": 1}}, {"id": ids[1]}]
    answer = requests.post(f"{served.url}/api/zip", json={"photos": photos}, timeout=TIMEOUT_S)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert _photos_in(archive) == ["same-colorized.jpg", "same-colorized-2.jpg"]


def test_names_that_differ_in_unicode_form_alone_are_apart_in_an_archive(
    served: Any, coffee: Path
) -> None:
    forms = [unicodedata.normalize(form, "café.jpg") for form in ("NFC", "NFD")]
    ids = [_post(f"{served.url}/api/photos", coffee, name).json()["id"] for name in forms]
    photos = [{"id": one} for one in ids]
    answer = requests.post(f"{served.url}/api/zip", json={"photos": photos}, timeout=TIMEOUT_S)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = _photos_in(archive)
    assert len({unicodedata.normalize("NFC", name).casefold() for name in names}) == 2


def test_a_record_in_the_zip_says_what_was_lost(served: Any, tmp_path: Path) -> None:
    animated, plain = tmp_path / "moves.gif", tmp_path / "plain.png"
    frames = [Image.new("L", (64, 48), level) for level in (40, 120, 200)]
    frames[0].save(animated, save_all=True, append_images=frames[1:])
    frames[0].save(plain)
    photos = [
        {"id": _post(f"{served.url}/api/photos", path).json()["id"]} for path in (animated, plain)
    ]
    answer = requests.post(f"{served.url}/api/zip", json={"photos": photos}, timeout=TIMEOUT_S)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        lost = [
            "; ".join(json.loads(archive.read(f"{name}.colorunet.json"))["lost"])
            for name in _photos_in(archive)
        ]
    assert "written as PNG" in lost[0]
    assert "of 3 pages or frames the first alone is coloured" in lost[0]
    assert lost[1] == ""


def _preview(at: str, **look: Any) -> np.ndarray:
    answer = requests.post(f"{at}/preview", json=look, timeout=TIMEOUT_S)
    return np.asarray(_image(answer).convert("RGB"), np.float64)


def test_a_reference_changes_the_colors_until_it_is_removed(
    served: Any, coffee: Path, chelsea: Path, demo_photos: Path
) -> None:
    at = f"{served.url}/api/photos/{_post(f'{served.url}/api/photos', chelsea).json()['id']}"
    plain = _preview(at)
    example = demo_photos / "skimage" / "coffee.png"
    assert _post(f"{at}/reference", example).status_code == 204
    assert np.abs(_preview(at) - plain).mean() > 2
    saved = _image(requests.post(f"{at}/file", json={}, timeout=TIMEOUT_S)).convert("RGB")
    assert np.abs(np.asarray(saved, np.float64) - _preview(at)).mean() < 4
    photos = {"photos": [{"id": at.rpartition("/")[2]}]}
    answer = requests.post(f"{served.url}/api/zip", json=photos, timeout=TIMEOUT_S)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        (name,) = _photos_in(archive)
        record = json.loads(archive.read(f"{name}.colorunet.json"))
    example_sha256 = hashlib.sha256(example.read_bytes()).hexdigest()
    assert record["settings"]["reference_sha256"] == example_sha256
    gray = _post(f"{at}/reference", coffee)
    assert (gray.status_code, "reference is gray" in gray.json()["error"]) == (415, True)
    assert requests.delete(f"{at}/reference", timeout=TIMEOUT_S).status_code == 204
    np.testing.assert_array_equal(_preview(at), plain)


def test_a_photo_is_colored_by_the_network_that_is_named(served: Any, coffee: Path) -> None:
    about = requests.get(f"{served.url}/api/about", timeout=TIMEOUT_S).json()
    assert [network["name"] for network in about["networks"]] == ["colorunet-listed", "colorunet"]
    files = [
        _post(f"{served.url}/api/colorize", coffee, **fields).content
        for fields in ({}, {"network": "colorunet-listed"}, {"network": "colorunet"})
    ]
    assert files[0] == files[1] != files[2]
    answer = _post(f"{served.url}/api/photos", coffee, network="other")
    assert answer.status_code == 400
    assert "network: expected one of colorunet-listed, colorunet" in answer.json()["error"]


def test_without_strength_a_photo_keeps_its_own_colors(served: Any, demo_photos: Path) -> None:
    photo = demo_photos / "skimage" / "coffee.png"
    own = np.asarray(Image.open(photo).convert("RGB"), np.float64)
    at = f"{served.url}/api/photos/{_post(f'{served.url}/api/photos', photo).json()['id']}"
    assert np.abs(_preview(at, strength=0) - own).mean() < 4  # JPEG's, and chroma out of range
    saved = _image(requests.post(f"{at}/file", json={"strength": 0}, timeout=TIMEOUT_S))
    assert np.abs(np.asarray(saved.convert("RGB"), np.float64) - own).mean() < 1.5


def test_a_photo_that_is_removed_is_not_in_an_archive_that_comes_after(
    served: Any, coffee: Path, chelsea: Path
) -> None:
    """Nor does a client keep photos in memory who takes his archive slowly."""
    url = f"{served.url}/api/photos"
    kept, removed = (_post(url, photo).json()["id"] for photo in (coffee, chelsea))
    photos = [{"id": kept}] * 8 + [{"id": removed}]
    with requests.post(
        f"{served.url}/api/zip", json={"photos": photos}, stream=True, timeout=TIMEOUT_S
    ) as answer:
        assert requests.delete(f"{url}/{removed}", timeout=TIMEOUT_S).status_code == 204
        data = answer.content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(_photos_in(archive)) == 9
        assert "chelsea.jpg: no such photo" in archive.read("not-coloured.txt").decode()


@pytest.mark.parametrize("letter", ["a", "ж", "写", "🎞"])
def test_names_of_any_letters_fit_a_file_system(served: Any, coffee: Path, letter: str) -> None:
    answer = _post(f"{served.url}/api/colorize", coffee, letter * 250 + ".jpg", versions="2")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        for number, name in enumerate(_photos_in(archive), start=1):
            assert name.endswith(f"{letter}-colorized-{number}.jpg")
            assert len(name.encode()) <= 255


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"warmth": "2"}, "warmth: expected a number from -1 to 1, given '2'"),
        ({"vividness": "nan"}, "vividness: expected a number from 0 to 1"),
        ({"saturation": "lots"}, "saturation: expected a number from 0 to 4"),
        ({"versions": "0"}, "versions: expected a whole number from 1 to 16"),
        ({"versions": "2.5"}, "versions: expected a whole number"),
        ({"hints": "[1]"}, "hints: hint 1: expected x, y and color"),
        ({"hints": '[{"x": 9999, "y": 1, "color": "#ff0000"}]'}, "outside the image of 600 × 400"),
    ],
)
def test_a_wrong_field_is_400_and_one_line(
    served: Any, coffee: Path, fields: dict[str, str], said: str
) -> None:
    answer = _post(f"{served.url}/api/colorize", coffee, **fields)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


@pytest.mark.parametrize(
    ("look", "said"),
    [
        ([], "expected a JSON object"),
        ({"version": 9}, "version: expected a whole number from 0 to 3"),
        ({"version": True}, "version"),
        ({"warmth": True}, "warmth"),
        ({"hints": {}}, "hints: expected a list"),
    ],
)
def test_a_wrong_look_is_400_and_one_line(served: Any, chelsea: Path, look: Any, said: str) -> None:
    at = f"{served.url}/api/photos/{_post(f'{served.url}/api/photos', chelsea).json()['id']}"
    answer = requests.post(f"{at}/preview", json=look, timeout=TIMEOUT_S)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_what_is_no_photo_is_said(served: Any, coffee: Path) -> None:
    url = f"{served.url}/api/colorize"
    whole = coffee.read_bytes()
    for data in (b"", b"hello", whole[: len(whole) // 2]):
        answer = _post(url, data)
        assert answer.status_code == 415
        assert "not a photo that can be used" in answer.json()["error"]
    file = io.BytesIO()
    Image.new("1", (9000, 9000)).save(file, "PNG")  # 81 megapixels in 10 kB
    answer = _post(url, file.getvalue())
    assert answer.status_code == 413
    assert "too many pixels" in answer.json()["error"]


def test_other_requests_are_refused_in_words(served: Any, coffee: Path) -> None:
    def error(answer: requests.Response) -> tuple[int, str]:
        return answer.status_code, answer.json()["error"]

    url = f"{served.url}/api/colorize"
    assert error(requests.get(url, timeout=TIMEOUT_S)) == (405, "Method Not Allowed")
    assert error(requests.get(f"{served.url}/nothing", timeout=TIMEOUT_S))[0] == 404
    assert error(requests.get(f"{served.url}/static/../app.py", timeout=TIMEOUT_S))[0] == 404
    assert error(requests.get(f"{served.url}/static/%2e%2e/app.py", timeout=TIMEOUT_S))[0] == 404
    status, words = error(requests.post(url, data=coffee.read_bytes(), timeout=TIMEOUT_S))
    assert (status, "multipart/form-data" in words) == (415, True)
    status, words = error(requests.post(url, files={"photo": b"x"}, timeout=TIMEOUT_S))
    assert (status, words.startswith("image: expected a file")) == (400, True)
    status, words = error(
        requests.post(f"{served.url}/api/zip", json={"photos": []}, timeout=TIMEOUT_S)
    )
    assert (status, words.startswith("photos: expected a list")) == (400, True)


def test_health_and_metrics(served: Any, coffee: Path) -> None:
    assert requests.get(f"{served.url}/health", timeout=TIMEOUT_S).json() == {
        "status": "ok",
        "network": "colorunet-listed",
    }
    _post(f"{served.url}/api/colorize", coffee, warmth="9")
    text = requests.get(f"{served.url}/metrics", timeout=TIMEOUT_S).text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    values = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}
    assert values['colorunet_requests_total{route="colorize",status="400"}'] >= 1
    assert values["colorunet_waiting"] == 0
    assert values["colorunet_upload_bytes"] == 0
    total = values['colorunet_request_seconds_count{route="colorize"}']
    assert values['colorunet_request_seconds_bucket{route="colorize",le="+Inf"}'] == total


def _photos_in(archive: zipfile.ZipFile) -> list[str]:
    """Return the names of the coloured photos, and hold what lies beside each to its record."""
    beside = (".colorunet.json", ".sureness.png", ".xmp", "not-coloured.txt")
    names = [name for name in archive.namelist() if not name.endswith(beside[:3])]
    for name in set(names) - {beside[3]}:
        record = json.loads(archive.read(f"{name}.colorunet.json"))
        assert record["output"]["name"] == name
        assert record["output"]["sha256"] == hashlib.sha256(archive.read(name)).hexdigest()
        assert archive.read(f"{name}.sureness.png").startswith(b"\x89PNG")
    return names
