"""``dataprep verify``."""

import click

from colorfiles.commands import FINISHED_WITH_SKIPS, emit, json_option
from colorfiles.engines.options import workers_option


@click.command(name="verify")
@click.argument("shards")
@workers_option
@json_option
def command(shards: str, workers: int | None, as_json: bool) -> None:
    """Hold a shard set to its checksums, its format and its splits; exit 3 where anything is off.

    Every member is decoded: what was changed is found even where its checksum was changed along.
    Who writes a set anew as a whole, all digests included, can't be told from you: for that sign
    index.json (ssh-keygen -Y sign, gpg, minisign; docs/security.md shows how).

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
