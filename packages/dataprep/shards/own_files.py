"""Recognition of files that `dataprep shard` wrote; it deletes no others."""

import re
from collections.abc import Sequence

from colorfiles.outside.documents import INDEX_BYTES, SMALL, parse_json
from colorfiles.shard_index import INDEX, SPLITS
from colorfiles.storage import Storage
from dataprep.shards.card import CARD, CARD_MARK
from dataprep.shards.croissant import CROISSANT

_SHARD = re.compile(rf"(({'|'.join(SPLITS)})-\d{{6}})\.(tar|parquet|json)")
_FIRST_MEMBER = re.compile(rb"[a-z0-9][a-z0-9_-]*-v\d+\.y\.(jpg|png)\0|\0|\././@PaxHeader")
_HEAD = 1024  # bytes of a card that hold its mark
_OF_AN_INDEX = {"palette", "views", "shardlist", "schema_version"}
_OF_A_MARKER = {"job", "content", "sha256", "nsamples"}
_OF_A_CROISSANT = {"conformsTo", "distribution", "recordSet"}


def own_files(folder: Storage, names: Sequence[str]) -> list[str]:
    """Return those of ``names`` that belong to a shard set of this project.

    Names aren't enough: other tools also write ``train-000000.tar`` and ``index.json``. A shard is
    written in the order tar, table, marker and deleted in reverse, so after a kill its tar exists.
    """
    shards: dict[str, set[str]] = {}
    for name in names:
        if found := _SHARD.fullmatch(name):
            shards.setdefault(found[1], set()).add(name)
    own = list[str]()
    for stem, files in shards.items():
        marker = f"{stem}.json"
        marked = marker in files and _has(folder, marker, _OF_A_MARKER, SMALL)
        if marked or _starts_like_a_shard(folder, f"{stem}.tar", files):
            own += sorted(files)
    if CROISSANT in names and _has(folder, CROISSANT, _OF_A_CROISSANT, INDEX_BYTES):
        own.append(CROISSANT)
    if CARD in names and _starts_with_card(folder):
        own.append(CARD)
    if INDEX in names and (own or _has(folder, INDEX, _OF_AN_INDEX, INDEX_BYTES)):
        own.append(INDEX)
    return own


def _has(folder: Storage, name: str, keys: set[str], most: int) -> bool:
    try:
        content = parse_json(folder.read(name, most=most), most=most)
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and keys <= set(content)


def _starts_with_card(folder: Storage) -> bool:
    try:
        with folder.open(CARD) as file:
            return CARD_MARK.encode() in file.read(_HEAD)
    except OSError:
        return False


def _starts_like_a_shard(folder: Storage, tar: str, files: set[str]) -> bool:
    if tar not in files:
        return False
    try:
        with folder.open(tar) as file:
            return _FIRST_MEMBER.match(file.read(512)) is not None
    except OSError:
        return False
