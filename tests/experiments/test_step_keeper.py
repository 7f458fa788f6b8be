"""Steps of an experiment: each done once, kept, and gone on with after a kill."""

from pathlib import Path

import pytest
from step_keeper import Step, StepFailed, StepKeeper

_SCRIPT = """
import json, pathlib, sys
made = pathlib.Path(sys.argv[1])
if not made.exists():
    made.write_text("half")
    sys.exit("no room")
print(json.dumps({"resumed": "--resume" in sys.argv, "found": made.read_text()}))
"""


def test_a_killed_step_goes_on_and_a_finished_one_is_kept(tmp_path: Path) -> None:
    script = tmp_path / "count.py"
    script.write_text(_SCRIPT)
    made = tmp_path / "out" / "made"
    step = Step("count", ("python", script, made), makes=made, resumes=True)
    with StepKeeper(tmp_path / "out") as keeper:
        with pytest.raises(StepFailed, match="count: exit 1"):
            keeper.do(step)
        assert keeper.do(step).result == {"resumed": True, "found": "half"}
        made.unlink()
        assert keeper.do(step).result == {"resumed": True, "found": "half"}  # kept, not done again
        with pytest.raises(StepFailed, match="still at work here"):
            StepKeeper(tmp_path / "out")


def test_a_step_with_other_words_is_refused(tmp_path: Path) -> None:
    script = tmp_path / "say.py"
    script.write_text("print('{}')")
    with StepKeeper(tmp_path / "out") as keeper:
        keeper.do(Step("say", ("python", script)))
        with pytest.raises(StepFailed, match="say: done or begun with other settings"):
            keeper.do(Step("say", ("python", script, "more")))
