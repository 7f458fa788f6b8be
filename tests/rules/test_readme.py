"""The README says what is so."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_tree_in_the_readme_is_that_of_the_files() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "readme_tree.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_links_lead_to_files() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = [part.split(")")[0] for part in text.split("](")[1:]]
    missing = [t for t in targets if "://" not in t and not (ROOT / t).exists()]
    assert missing == []
