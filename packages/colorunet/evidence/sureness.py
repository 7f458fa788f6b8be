"""The network's confidence in each colour, as a picture."""

import io

import numpy as np
from jaxtyping import Float
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from colorfiles.outputs import png_texts
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.composing import Luma
from colorunet.coloring.confidence import confidence


def sureness_png(colorizer: Colorizer, luma: Luma) -> bytes:
    """Return a gray PNG of 8 bits at the size at which the network sees a photo: white is sure.

    255 times the probability, in the network's own opinion, that a pixel's true colour is near.
    """
    logits = colorizer.see(luma).logits
    return png_of_confidence(confidence(logits, colorizer.palette, colorizer.decoding))


def png_of_confidence(sure: Float[np.ndarray, "h w"]) -> bytes:
    """Return probabilities as such a PNG."""
    file = io.BytesIO()
    about = PngInfo()
    for key, value in png_texts().items():
        about.add_text(key, value)
    Image.fromarray(np.rint(sure * 255).astype(np.uint8)).save(file, "PNG", pnginfo=about)
    return file.getvalue()
