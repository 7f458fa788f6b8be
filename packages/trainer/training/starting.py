"""The parameters that a fit starts from, where they aren't random."""

from collections.abc import Callable
from pathlib import Path

from colorunet.networks import EncoderUnet, NetworkSettings, PixelClassifier
from colorunet.parameters.published import published_tensors


def starting_parameters(
    settings: NetworkSettings, *, encoder_file: Path | None = None
) -> Callable[[PixelClassifier], None]:
    """Return what puts an encoder's published parameters into a network that asks for them.

    ``encoder_file`` is where they are; None finds them in the installed package. Calling it raises
    TrainerError where they aren't there.
    """

    def start(network: PixelClassifier) -> None:
        if settings.pretrained and isinstance(network, EncoderUnet):
            network.encoder.load_published(published_tensors(settings.encoder, encoder_file))

    return start
