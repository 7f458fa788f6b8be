"""What every command prints."""

import json
import math
from dataclasses import dataclass
from typing import NoReturn

import pytest

from colorfiles.commands import emit


@dataclass(frozen=True)
class Summary:
    psnr: float
    by_split: dict[str, list[float]]


def test_what_is_no_number_is_null_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Python would write NaN and Infinity, which no other reader takes."""
    emit(Summary(math.inf, {"val": [math.nan, 0.5]}), as_json=True, text="")

    def refuse(constant: str) -> NoReturn:
        raise AssertionError(constant)

    told = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert told == {"psnr": None, "by_split": {"val": [None, 0.5]}}
