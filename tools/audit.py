"""Known vulnerabilities of the versions in constraints.txt, by pip-audit."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_TIMEOUT_S = 300
# What is pinned although it has known holes, and the document that says why none is reached.
ACCEPTED = {"pillow-simd": "docs/security.md"}


def main() -> None:
    """Run pip-audit; exit 1 for a known vulnerability, 0 for none or without an answer."""
    answer = _asked()
    audited = [package for package in answer if "vulns" in package]
    if not audited:
        print("audit: no service that knows of holes can be reached from here; not audited")
        return
    holes = [
        f"{package['name']} {package['version']}: {hole['id']}"
        + (f", fixed in {hole['fix_versions'][0]}" if hole["fix_versions"] else "")
        for package in audited
        for hole in package["vulns"]
        if package["name"] not in ACCEPTED
    ]
    print(f"audit: {len(audited)} of {len(answer)} packages looked up, {len(holes)} known holes")
    for hole in holes:
        print(f"  {hole}")
    sys.exit(bool(holes))


def _asked() -> list[dict[str, Any]]:
    """Return what pip-audit says of each pinned package; nothing where it couldn't say."""
    words = [sys.executable, "-m", "pip_audit", "--requirement", str(ROOT / "constraints.txt")]
    words += ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
        )
        answer: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, subprocess.TimeoutExpired):
        return []
    return answer


if __name__ == "__main__":
    main()
