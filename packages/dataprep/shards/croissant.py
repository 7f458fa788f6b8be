"""Description of a shard set as Croissant 1.1 JSON-LD, for data-set catalogues and loaders."""

from collections.abc import Mapping, Sequence
from typing import Any

from dataprep.photos.spdx import NO_ASSERTION, spdx_url
from dataprep.shards.writer import ShardResult

CROISSANT = "croissant.json"
CONFORMS_TO = "http://mlcommons.org/croissant/1.1"
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_MEMBERS = {  # by the end of their names: what a member is, and its media type
    "y.jpg": ("Luma Y of each view, gray", "image/jpeg"),
    "y.png": ("Luma Y of each view, gray, lossless", "image/png"),
    "bins.zst": (
        "Bin id of each pixel, uint8 in row order, one zstandard frame",
        "application/zstd",
    ),
    "rgb.jpg": ("Colour crop of each view", "image/jpeg"),
}


def croissant(
    results: Sequence[ShardResult], *, luma: str, licenses: Mapping[str, int], date: str
) -> dict[str, Any]:
    """Return the description of a shard set.

    Args:
        results: its shards.
        luma: ``y.jpg`` or ``y.png``, as its luma is stored.
        licenses: photos by SPDX identifier.
        date: of the newest photo, ISO 8601.
    """
    shards = sorted(results, key=lambda result: result.name)
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": "colorunet-shards",
        "description": (
            "Views of photographs as luma and, for every pixel, the id of its colour bin: training "
            "data for colourisation by classification. index.json holds the palette of the bins."
        ),
        "citeAs": "Zhang, Isola, Efros: Colorful Image Colorization, arXiv:1603.08511",
        "datePublished": date,
        "version": "2.0.0",
        "isLiveDataset": False,
        "url": "index.json",
        "license": [spdx_url(name) or name for name in licenses] or [NO_ASSERTION],
        "distribution": [
            *(file for shard in shards for file in _file_objects(shard)),
            *(_file_set(ending, shards) for ending in (luma, "bins.zst", "rgb.jpg")),
        ],
        "recordSet": [_views(luma)],
    }


def _file_objects(shard: ShardResult) -> list[dict[str, Any]]:
    tar, table = f"{shard.name}.tar", f"{shard.name}.parquet"
    return [
        _file(tar, "application/x-tar", shard.sha256)
        | {
            "contentSize": f"{shard.bytes} B",
            "description": f"{shard.nsamples} samples of {shard.split}",
        },
        _file(table, "application/vnd.apache.parquet", shard.table_sha256)
        | {"description": f"Place and provenance of each sample in {tar}"},
    ]


def _file(name: str, media_type: str, sha256: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "encodingFormat": media_type,
        "sha256": sha256,
    }


def _file_set(ending: str, shards: Sequence[ShardResult]) -> dict[str, Any]:
    description, media_type = _MEMBERS[ending]
    return {
        "@type": "cr:FileSet",
        "@id": ending,
        "name": ending,
        "description": description,
        "containedIn": [{"@id": f"{shard.name}.tar"} for shard in shards],
        "encodingFormat": media_type,
        "includes": f"*.{ending}",
    }


def _views(luma: str) -> dict[str, Any]:
    """Return the records: one a sample, with its key and its luma."""
    source = {"fileSet": {"@id": luma}}
    key = {"extract": {"fileProperty": "filename"}, "transform": {"regex": r"^(.+)\.y\.\w+$"}}
    return {
        "@type": "cr:RecordSet",
        "@id": "views",
        "name": "views",
        "description": "One record for each view of a photo.",
        "key": {"@id": "views/key"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": "views/key",
                "name": "key",
                "description": "Key of the sample: the photo's, and the number of the view.",
                "dataType": "sc:Text",
                "source": source | key,
            },
            {
                "@type": "cr:Field",
                "@id": "views/luma",
                "name": "luma",
                "description": "Luma of the view.",
                "dataType": "sc:ImageObject",
                "source": source | {"extract": {"fileProperty": "content"}},
            },
        ],
    }
