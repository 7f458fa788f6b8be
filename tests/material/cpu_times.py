"""Pytest plugin that prints the CPU seconds of each test file, those of its processes included.

PYTHONPATH=tests/material:packages .venv/bin/python -m pytest -p cpu_times tests/trainer
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_TICKS_S = os.sysconf("SC_CLK_TCK")
_OF_STAT = slice(11, 15)  # user and system time, of the process and of its ended children
_spent: Counter[str] = Counter()
_tests: Counter[str] = Counter()


def _cpu_s() -> float:
    """Return the CPU seconds of this process and all below it, ended ones too if waited for."""
    own: dict[int, int] = {}
    children: dict[int, list[int]] = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        own[int(path.parent.name)] = sum(map(int, fields[_OF_STAT]))
        children[int(fields[1])].append(int(path.parent.name))
    waiting, ticks = [os.getpid()], 0
    while waiting:
        process = waiting.pop()
        ticks += own[process]
        waiting += children[process]
    return ticks / _TICKS_S


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Add a test's set-up, call and teardown to its file's."""
    before = _cpu_s()
    try:
        return (yield)
    finally:
        file = item.location[0]
        _spent[file] += _cpu_s() - before
        _tests[file] += 1


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print them, the most expensive file first."""
    terminalreporter.section("CPU seconds, tests, file")
    for file, seconds in _spent.most_common():
        terminalreporter.write_line(f"{seconds:8.1f} {_tests[file]:5} {file}")
    total = sum(_spent.values())
    terminalreporter.write_line(f"{total:8.1f} {sum(_tests.values()):5} in all")
