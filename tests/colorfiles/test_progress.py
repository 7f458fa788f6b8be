"""Progress of long work where stderr is no terminal: lines, none for what is quick."""

import sys

import pytest

from colorfiles import progress


@pytest.fixture(autouse=True)
def on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show progress, which the other tests leave out."""
    monkeypatch.delenv("COLORUNET_NO_PROGRESS", raising=False)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_first_estimate_comes_early_and_then_a_line_every_ten_seconds(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.progress("measuring", 100) as report:
        for _ in range(30):
            clock[0] += 1
            report()
    assert capsys.readouterr().err.splitlines() == [
        "measuring 3 of 100, 1.0/s, 97 s left",
        "measuring 13 of 100, 1.0/s, 87 s left",
        "measuring 23 of 100, 1.0/s, 77 s left",
    ]


def test_quick_work_prints_no_line(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with progress.progress("measuring", 100) as report:
        for _ in range(100):
            clock[0] += 0.02
            report()
    assert capsys.readouterr().err == ""


def test_what_an_earlier_call_did_makes_the_rest_no_quicker(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    """900 of 1,000 were there already; each of the others takes a second."""
    with progress.progress("step", 1_000) as report:
        report(900, note="resumed")
        for _ in range(3):
            clock[0] += 1
            report()
    assert capsys.readouterr().err == "step 903 of 1,000, 1.0/s, 97 s left, resumed\n"


def test_a_rate_that_falls_is_followed(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.progress("frames", 1_000) as report:
        for _ in range(300):
            clock[0] += 0.01
            report()
        for _ in range(10):
            clock[0] += 5
            report()
    assert capsys.readouterr().err.splitlines()[-1] == "frames 309 of 1,000, 0.2/s, 58 min left"


def test_a_note_that_carries_escapes_is_shown_harmless(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.progress("a", None) as report:
        clock[0] += 4
        report(note="\x1b[31mred")
    written = capsys.readouterr().err
    assert "\x1b" not in written
    assert written.startswith("a 1, 0.25/s")


def test_the_environment_can_leave_lines_out(
    clock: list[float], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORUNET_NO_PROGRESS", "1")
    with progress.progress("measuring", 100) as report:
        clock[0] += 60
        report()
    assert capsys.readouterr().err == ""


def test_without_a_stderr_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with progress.progress("a", 1) as report:
        report()
