"""Many clients at once, for seconds; benchmarks/bench_page.py has minutes of it."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import requests

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "bench_page.py"


def test_no_request_fails_below_the_limits_and_nothing_is_left(served: Any, chelsea: Path) -> None:
    spec = importlib.util.spec_from_file_location("colorunet_bench_page", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    load = module.Load(served.url, chelsea.read_bytes())
    load.run(8, 0.1)
    assert load.failed == []
    assert len(load.seconds["photo"]) >= 8
    assert len(load.seconds["preview"]) == module.PREVIEWS * len(load.seconds["photo"])
    text = requests.get(f"{served.url}/metrics", timeout=60).text.splitlines()
    for left in ("waiting", "kept_photos", "kept_bytes", "upload_bytes"):
        assert f"colorunet_{left} 0" in text
