"""Many clients at once, for seconds; benchmarks/bench_page.py has minutes of it."""

from pathlib import Path
from typing import Any

import requests
from bench_page import PREVIEWS, Load


def test_no_request_fails_below_the_limits_and_nothing_is_left(served: Any, chelsea: Path) -> None:
    load = Load(served.url, chelsea.read_bytes())
    load.run(8, 0.1)
    assert load.failed == []
    assert len(load.seconds["photo"]) >= 8
    assert len(load.seconds["preview"]) == PREVIEWS * len(load.seconds["photo"])
    text = requests.get(f"{served.url}/metrics", timeout=60).text.splitlines()
    for left in ("waiting", "kept_photos", "kept_bytes", "upload_bytes"):
        assert f"colorunet_{left} 0" in text
