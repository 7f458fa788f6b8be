"""PPM of 8 or 16 bits from bands of rows: https://netpbm.sourceforge.net/doc/ppm.html."""

from collections.abc import Iterable
from typing import BinaryIO

import numpy as np


def write_ppm(
    file: BinaryIO, bands: Iterable[np.ndarray], size: tuple[int, int], *, bits: int
) -> None:
    """Write rows (rows, W, 3) of 8 or 16 bits, from top to bottom."""
    file.write(b"P6\n%d %d\n%d\n" % (*size, (1 << bits) - 1))
    for band in bands:
        file.write(band.astype(">u2" if bits == 16 else np.uint8).tobytes())
