"""Files of an earlier run in a shard set's folder: their provenance, and which are complete.

A hidden file, written before the first shard and removed after the index, holds the inputs and
settings of the set. The same command resumes after a kill at any time; other files stay.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from colorfiles.errors import ColorfilesError
from colorfiles.files import sweep
from colorfiles.outputs import refuse_foreign
from colorfiles.outside.documents import INDEX_BYTES, SMALL, parse_json_object
from colorfiles.outside.words import shown
from colorfiles.shard_index import INDEX, ShardIndex
from dataprep.errors import DataprepError
from dataprep.shards.descriptions import DESCRIPTIONS
from dataprep.shards.own_files import own_files
from dataprep.shards.plan import ShardPlan
from dataprep.shards.writer import ShardJob, ShardResult, finished_shard

Existing = Literal["same", "resume", "overwrite"]
_BEGUN = ".job.json"


def take_up(
    job: ShardJob, plans: Sequence[ShardPlan], existing: Existing
) -> dict[str, ShardResult]:
    """Delete files that don't belong to the job from its output; return the complete shards.

    Args:
        job: what is to be written.
        plans: of its shards.
        existing: how files of a set are treated, see ``write_shards``.

    Raises:
        ForeignFile: the folder also holds other files.
        DataprepError: another set is there and isn't to be replaced.
    """
    if job.out.local is not None:
        sweep(job.out.local)
    names = job.out.names()
    own = own_files(job.out, names)
    foreign = [name for name in names if name not in own and name[0] != "."]
    refuse_foreign(*(f"{job.out.address}/{name}" for name in foreign))
    done: dict[str, ShardResult] = {}
    if existing != "overwrite":
        _refuse_other_jobs(job, own, strict=existing == "same")
        for plan in plans:
            if f"{plan.name}.json" in own and (result := finished_shard(job, plan)):
                done[plan.name] = result
    kept = {f"{name}.{suffix}" for name in done for suffix in ("tar", "parquet", "json")}
    if INDEX in own and _vouches_for(job, done):
        kept |= {INDEX, *DESCRIPTIONS}
    # The index goes first, and each marker before its shard, so that a kill leaves nothing that
    # looks complete.
    for name in sorted(set(own) - kept, key=lambda n: (n != INDEX, not n.endswith(".json"), n)):
        job.out.delete(name)
    if len(done) < len(plans):
        job.out.write(_BEGUN, json.dumps(job.facts).encode())
    return done


def forget(job: ShardJob) -> None:
    """Remove the hidden file: the set is finished, or given up."""
    job.out.delete(_BEGUN)


def _refuse_other_jobs(job: ShardJob, own: Sequence[str], *, strict: bool) -> None:
    """Raise DataprepError if a file was made from something else.

    With ``strict`` also for shards of unknown origin.
    """
    begun = _facts_in(job, _BEGUN)
    if begun is not None and own:
        _refuse_if_other(job, begun)
    vouched = set[str]()
    for name in own:
        if name.endswith(".json") and name != INDEX and (facts := _facts_in(job, name)):
            _refuse_if_other(job, facts)
            vouched.add(name.removesuffix(".json"))
    if vouched:
        vouched |= {name.partition(".")[0] for name in (INDEX, *DESCRIPTIONS)}
    unknown = [name for name in own if name.partition(".")[0] not in vouched]
    if strict and begun is None and unknown:
        raise DataprepError(
            f"{job.out.address}: there is a shard set already, and {unknown[0]} is of unknown "
            "origin; --resume to write incomplete shards again, --overwrite to replace it, or "
            "name another folder"
        )


def _facts_in(job: ShardJob, name: str) -> Mapping[str, Any] | None:
    """Return the job's facts in a marker or the hidden file; None without any."""
    try:
        content = parse_json_object(job.out.read(name, most=SMALL))
        facts = content if name == _BEGUN else content["job"]
        return {key: facts[key] for key in job.facts}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _refuse_if_other(job: ShardJob, facts: Mapping[str, Any]) -> None:
    if differing := [key for key in job.facts if facts[key] != job.facts[key]]:
        differences = "; ".join(
            f"{key}: {shown(str(facts[key]))} there, {job.facts[key]} given" for key in differing
        )
        raise DataprepError(
            f"{job.out.address}: there is a shard set made from something else ({differences}); "
            "give the same settings to resume it, --overwrite to replace it, or name another folder"
        )


def _vouches_for(job: ShardJob, done: Mapping[str, ShardResult]) -> bool:
    """Whether the index lists complete shards only, so that it may stay meanwhile."""
    try:
        data = job.out.read(INDEX, most=INDEX_BYTES)
        shards = ShardIndex.from_bytes(data, INDEX).shards
    except (OSError, ColorfilesError):
        return False
    return all(shard.stem in done and shard.sha256 == done[shard.stem].sha256 for shard in shards)
