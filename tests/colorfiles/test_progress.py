"""What long work says of itself where nobody sits at a terminal."""

import pytest

from colorfiles import progress


def test_what_was_done_before_makes_the_rest_no_quicker(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """900 of 1,000 were there already; each of the others takes a second."""
    now = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    with progress.lines("step", 1_000, every_s=10) as report:
        report(900, note="resumed")
        for _ in range(10):
            now += 1
            report()
    assert capsys.readouterr().err == "step 910/1000, 90 s left\n"
