"""``dataprep verify``."""

import click

from colorfiles.commands import FINISHED_WITH_SKIPS, emit, json_option
from colorfiles.engines.options import workers_option


@click.command(name="verify")
@click.argument("shards")
@workers_option
@json_option
def command(shards: str, workers: int | None, as_json: bool) -> None:
    """Check the checksums, format and splits of a shard set; exit 3 if there is any fault.

    Every member is decoded, so changes are found even if the checksums were changed, too. A set
    that was replaced as a whole, with all digests, passes: to detect that, sign index.json
    (ssh-keygen -Y sign, gpg, minisign; docs/security.md shows how).

    \b
    dataprep verify shards
    """
    from colorfiles.engines.local import LocalEngine
    from colorfiles.progress import progress
    from dataprep.verification.job import verify_shards
    from dataprep.verification.text import verification_text

    with progress("verify", None) as report:
        verification = verify_shards(shards, engine=LocalEngine(workers), report=report)
    emit(verification, as_json, verification_text(verification, shards))
    if not verification.sound:
        raise SystemExit(FINISHED_WITH_SKIPS)
