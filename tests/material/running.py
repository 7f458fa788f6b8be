"""Commands as people type them, run to their end."""

import os
import subprocess


def output_of(*words: object) -> str:
    """Run a command with one thread and return its stdout; it has to succeed."""
    done = subprocess.run(
        [str(word) for word in words],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
