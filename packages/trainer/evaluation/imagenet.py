"""Classes of ImageNet-1k, by the synset in the name of a photo."""

import re
from functools import cache
from importlib.resources import files

_SYNSET = re.compile(r"(?<![a-z0-9])n\d{8}(?![0-9])")


def class_in(name: str) -> int | None:
    """Return the class in a name such as ``folder-n01514859-hen-7d669e-v0``, if any.

    It is the rank of its WordNet synset among the thousand of ILSVRC 2012 in order, which is how
    published classifiers number their outputs.
    """
    match = _SYNSET.search(name)
    return _ranks().get(match[0]) if match else None


@cache
def _ranks() -> dict[str, int]:
    synsets = files(__package__).joinpath("imagenet_synsets.txt").read_text().split()
    return {synset: rank for rank, synset in enumerate(synsets)}
