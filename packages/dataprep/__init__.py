"""Data preparation: gather photos, learn a palette, cut views, write labelled shards."""

from typing import TYPE_CHECKING

from colorfiles.public_names import lazy_exports

if TYPE_CHECKING:
    from dataprep.errors import DataprepError
    from dataprep.palettes.palette_file import read_palette, write_palette
    from dataprep.photos.folder import PhotoFolder
    from dataprep.photos.reading import kept_photos
    from dataprep.shards.shard_set import ShardSet

__all__ = [
    "DataprepError",
    "PhotoFolder",
    "ShardSet",
    "kept_photos",
    "read_palette",
    "write_palette",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "DataprepError": "dataprep.errors",
        "PhotoFolder": "dataprep.photos.folder",
        "ShardSet": "dataprep.shards.shard_set",
        "kept_photos": "dataprep.photos.reading",
        "read_palette": "dataprep.palettes.palette_file",
        "write_palette": "dataprep.palettes.palette_file",
    },
)
