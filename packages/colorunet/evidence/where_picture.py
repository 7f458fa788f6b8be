"""Picture of luma changes: the photo in gray, changed cells in red."""

from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from colorfiles.files import write_atomically
from colorfiles.outputs import is_own_png, png_texts, refuse_foreign
from colorunet.coloring.composing import Luma, in_8_bits
from colorunet.evidence.luma_check import CELL_PX, LumaCheck


def write_where_picture(path: Path, luma: Luma, check: LumaCheck) -> str:
    """Write the picture and return its path.

    Args:
        path: of the PNG.
        luma: of the photo.
        check: what was found in it.

    Raises:
        ForeignFile: another file is there.
        OSError: it can't be written.
    """
    gray = in_8_bits(luma)
    height, width = gray.shape
    cells = np.repeat(np.repeat(check.changed, CELL_PX, 0), CELL_PX, 1)[:height, :width]
    rgb = np.stack([gray] * 3, axis=-1)
    rgb[cells] = rgb[cells] // 3 + np.array((170, 0, 0), np.uint8)
    texts = PngInfo()
    for key, value in png_texts().items():
        texts.add_text(key, value)
    refuse_foreign(path, is_own=is_own_png)
    with write_atomically(path) as temporary:
        Image.fromarray(rgb).save(temporary, "PNG", pnginfo=texts)
    return str(path)
