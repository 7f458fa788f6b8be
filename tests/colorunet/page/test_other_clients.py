"""A client reaches no photo of another one: ids can't be guessed, and nobody is told of them."""

from pathlib import Path
from typing import Any

import requests

TIMEOUT_S = 60
ROUTES = [
    ("GET", "gray"), ("GET", "confidence"), ("POST", "preview"), ("POST", "file"),
    ("POST", "reference"), ("DELETE", "reference"), ("DELETE", ""),
]  # fmt: skip


def _sent(session: requests.Session, url: str, photo: Path, name: str) -> str:
    files = {"image": (name, photo.read_bytes())}
    return str(session.post(f"{url}/api/photos", files=files, timeout=TIMEOUT_S).json()["id"])


def _near(own: str, other: str) -> list[str]:
    """Return what somebody might try who has an id of his own, or a part of another's."""
    last = "A" if other[-1] != "A" else "B"
    guesses = [
        other[:-1] + last,
        other[:-1],
        other + "A",
        other.swapcase(),
        other[:11],
        other[::-1],
    ]
    return [
        *guesses,
        own[:11] + other[11:],
        "*",
        "..",
        "%2e%2e",
        "0",
        "1",
        f"{own}%2f..%2f{other[:-1]}",
    ]


def test_no_photo_of_another_client_is_reached(served: Any, coffee: Path) -> None:
    with requests.Session() as first, requests.Session() as second:
        first.headers["X-Page"], second.headers["X-Page"] = "first", "second"
        other = _sent(first, served.url, coffee, "secret-name.jpg")
        own = _sent(second, served.url, coffee, "own.jpg")
        assert own != other
        assert min(len(own), len(other)) >= 22  # 128 bits in base 64
        for guess in _near(own, other):
            for method, what in ROUTES:
                url = f"{served.url}/api/photos/{guess}" + (f"/{what}" if what else "")
                answer = second.request(method, url, json={}, timeout=TIMEOUT_S)
                forgets = (method, what) == ("DELETE", "")  # says 204 of what isn't there, too
                assert answer.status_code >= 400 or forgets, (method, url)
                assert other not in answer.text
                assert "secret-name" not in answer.text
            wanted = {"photos": [{"id": own}, {"id": guess}]}
            answer = second.post(f"{served.url}/api/zip", json=wanted, timeout=TIMEOUT_S)
            assert answer.status_code >= 400
        for path in ("/", "/health", "/metrics", "/api/about", "/api/photos", "/api/zip"):
            text = second.get(f"{served.url}{path}", timeout=TIMEOUT_S).text
            assert other not in text
            assert "secret-name" not in text
        still = first.get(f"{served.url}/api/photos/{other}/gray", timeout=TIMEOUT_S)
        assert still.status_code == 200
        for photo_id, session in ((other, first), (own, second)):
            session.delete(f"{served.url}/api/photos/{photo_id}", timeout=TIMEOUT_S)
