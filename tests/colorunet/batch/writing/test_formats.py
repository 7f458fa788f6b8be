"""Output formats: what is said where a photo isn't written in its own."""

import pytest

from colorunet.batch.writing.formats import FORMATS, format_for, why_other


@pytest.mark.parametrize(
    ("own", "reason"),
    [("JPEG", ""), ("MPO", ""), ("GIF", "written as PNG: GIF holds 256 colours")],
)
def test_another_format_than_a_photos_own_is_explained(own: str, reason: str) -> None:
    assert why_other(own, format_for(own)) == reason


@pytest.mark.parametrize(("own", "asked"), [("JPEG", "PNG"), ("TIFF", "JPEG"), ("HEIF", "PNG")])
def test_a_format_that_was_asked_for_needs_no_reason(own: str, asked: str) -> None:
    assert why_other(own, FORMATS[asked]) == ""
