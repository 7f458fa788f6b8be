"""What a verification says, in words."""

from dataprep.verification.job import Verification


def verification_text(verification: Verification, address: str) -> str:
    """Return every fault, then the verdict."""
    verdict = "sound" if verification.sound else f"{len(verification.faults)} faults"
    read = (
        f"{verification.samples} samples of {verification.photos} photos "
        f"in {verification.shards} shards"
    )
    return "\n".join([*map(str, verification.faults), f"{verdict}: {read}: {address}"])
