"""Every command is killed at random instants, and its rerun gives what an undisturbed run gives.

SIGKILL, SIGTERM and Ctrl-C, one each. A reader beside opens all that has its name, all the time.
``tools/soak --kills 50`` does the same for longer.
"""

import random
from pathlib import Path

import pytest
from soak_parts.commands import NAMES, Workshop
from soak_parts.kills import SIGNALS, kill_often
from soak_parts.warm_start import WarmStart


# `dataprep shard` is killed before each rename and sync in test_writing.py.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "shard"])
def test_a_killed_command_goes_on(
    name: str, workshop: tuple[Workshop, WarmStart], tmp_path: Path
) -> None:
    shop, starter = workshop
    outcome = kill_often(
        starter, shop.command(name), tmp_path / "scratch", signals=SIGNALS, rng=random.Random()
    )
    assert outcome.faults == []
    assert sum(outcome.kills.values()) == len(SIGNALS)
    assert outcome.glances > 0
