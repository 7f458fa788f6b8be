"""Settings of a fetch."""

import json
from dataclasses import dataclass

from dataprep.errors import DataprepError
from dataprep.sources.flickr.api import API_URL
from dataprep.sources.flickr.licenses import DEFAULT, license_ids
from dataprep.sources.flickr.listing import plain_tag

TAGS = ("landscape", "beach", "mountains", "nature", "sunset", "sunrise")


@dataclass(frozen=True)
class FetchSettings:
    """Selection, count and rates of a fetch.

    Args:
        tags: each brings the same share, as far as it has that many.
        count: photos in all.
        licenses: ids of the licences allowed.
        min_edge: shortest and ``max_edge`` longest that the longest edge may be, in pixels.
        api_url: the full REST address of the API.
        image_rate: most images a second.
        concurrency: most images at once.
    """

    tags: tuple[str, ...] = TAGS
    count: int = 10_000
    licenses: tuple[str, ...] = license_ids(DEFAULT)
    min_edge: int = 500
    max_edge: int = 800
    api_url: str = API_URL
    image_rate: float = 10.0
    concurrency: int = 16

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            DataprepError: with what to give instead.
        """
        if not self.tags or not all(plain_tag(tag) for tag in self.tags):
            raise DataprepError("--tags: no tag in it; give some, with commas between them")
        if self.min_edge > self.max_edge:
            raise DataprepError(
                f"--min-edge {self.min_edge} is above --max-edge {self.max_edge}; swap them"
            )

    @property
    def identity(self) -> str:
        """What the set of photos depends on: two fetches with the same identity are the same."""
        chosen = (self.tags, self.count, self.licenses, self.min_edge, self.max_edge, self.api_url)
        return json.dumps(chosen)


def split_tags(text: str) -> tuple[str, ...]:
    """Split a comma-separated list of tags, without duplicates."""
    return tuple(dict.fromkeys(tag.strip() for tag in text.split(",") if tag.strip()))
