"""Content of a model card, gathered by the stages."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from colorunet.parameters.published import PublishedFile
from ship_parts.criteria import Verdict
from ship_parts.decoding import DecodingChoice
from ship_parts.licenses import PhotoRow, ResearchSet
from ship_parts.people import SkinFigures
from ship_parts.pictures import Picture


@dataclass(frozen=True)
class SetFigures:
    """Figures of one set: description, evaluation and verdicts."""

    about: str
    evaluation: Mapping[str, Any]
    verdicts: Sequence[Verdict]


@dataclass(frozen=True)
class Card:
    """Content of the card.

    Args:
        name: of the network.
        encoder: whose parameters its training started from; None where they were random.
        meta: ``best.json``.
        file_bytes: of the parameters.
        recipe: its settings as TOML, and ``fit``, the command line that they stand for.
        command: the line that made this folder.
        trained_on: the machine, in words.
        earlier: the fits whose parameters this one started from, in words, the first one first.
        rows: ``photos.csv``.
        research: data sets that were learnt from beside those photos, with photos by split.
        decoding: what was chosen, with its figures on the photos that it was chosen on.
        sets: by name, the figures of the photos never seen.
        people: of skin on photos of people, by place; none where they weren't measured.
        pictures: of photos never trained on.
    """

    name: str
    encoder: PublishedFile | None
    meta: Mapping[str, Any]
    file_bytes: int
    recipe: str
    fit: str
    command: str
    trained_on: str
    earlier: Sequence[str]
    rows: Sequence[PhotoRow]
    research: Sequence[tuple[ResearchSet, Counter[str]]]
    decoding: DecodingChoice
    sets: Mapping[str, SetFigures]
    people: Mapping[str, SkinFigures]
    pictures: Sequence[Picture]
