"""The result of a verification as text."""

from dataprep.verification.job import Verification


def verification_text(verification: Verification, address: str) -> str:
    """Return one line per fault and note, then the verdict."""
    verdict = "sound" if verification.sound else f"{len(verification.faults)} faults"
    read = (
        f"{verification.samples} samples of {verification.photos} photos "
        f"in {verification.shards} shards"
    )
    notes = [f"note: {note}" for note in verification.notes]
    return "\n".join([*map(str, verification.faults), *notes, f"{verdict}: {read}: {address}"])
