"""Opening SOURCE: a folder, an archive, or the web address of one."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from colorfiles.outside.files import open_regular
from dataprep.errors import DataprepError
from dataprep.sources.sun.archive import StreamedArchive
from dataprep.sources.sun.download import HttpStream
from dataprep.sources.sun.layout import SunFile
from dataprep.sources.sun.tree import tree_files


@dataclass(frozen=True)
class Tree:
    """SUN as a folder."""

    root: Path
    files: list[SunFile]

    @property
    def classes(self) -> set[str]:
        """Classes in the folder."""
        return {file.class_name for file in self.files}


@contextmanager
def open_source(source: str, *, with_md5: bool = False) -> Iterator[Tree | StreamedArchive]:
    """Open a folder, a ``.tar`` or ``.tar.gz``, an http(s) address of one, or ``-`` for stdin.

    Raises:
        DataprepError: there is no such thing, or it is none of these.
    """
    if source.lower().startswith(("http://", "https://")):
        with HttpStream(source) as stream:
            yield StreamedArchive(stream, total=stream.total, with_md5=with_md5)
        return
    path = Path(source)
    if path.is_dir():
        if with_md5:
            raise DataprepError(f"{source}: --md5 checks an archive, and this is a folder")
        yield Tree(*tree_files(path))
        return
    with _open_file(path) as file:
        total = path.stat().st_size if path.is_file() else None  # a stream has no size
        yield StreamedArchive(file, total=total, with_md5=with_md5)


def _open_file(path: Path) -> BinaryIO | io.FileIO:
    try:
        if str(path) == "-":
            return sys.stdin.buffer
        return open_regular(path, buffering=0)
    except OSError as error:
        raise DataprepError(
            f"{path}: {error.strerror}; expected SUN397's folder, .tar, .tar.gz or its address, "
            "or - for what is piped in"
        ) from None
