"""Initial parameters of a fit that starts from a run or a pretrained encoder."""

from collections.abc import Callable
from pathlib import Path

import torch

from colorcore import Palette, uv_to_bins
from colorunet.networks import EncoderUnet, NetworkSettings, PixelClassifier
from colorunet.networks.efficientnet import EfficientNetLiteEncoder
from colorunet.networks.timm_encoder import TimmEncoder
from colorunet.parameters.checkpoint import Trained
from colorunet.parameters.published import published_tensors
from trainer.errors import TrainerError


def starting_parameters(
    settings: NetworkSettings, palette: Palette, *, init: Trained | None = None
) -> Callable[[PixelClassifier], None]:
    """Return the initialization from a run or an encoder; None for random parameters.

    Those of ``init``: where its palette is another, each bin's row of the last layer starts as that
    of the nearest bin there. Else, where the settings say ``pretrained``, the encoder's published
    ones. Calling it raises TrainerError where ``init`` is another network, and ColorunetError where
    the published parameters aren't there.
    """

    def start(network: PixelClassifier) -> None:
        if init is not None:
            _take_over(network, init, palette)
        elif settings.pretrained and isinstance(network, EncoderUnet):
            _load_pretrained(network.encoder, settings)

    return start


def _load_pretrained(
    encoder: EfficientNetLiteEncoder | TimmEncoder, settings: NetworkSettings
) -> None:
    file = Path(settings.encoder_file) if settings.encoder_file else None
    if isinstance(encoder, TimmEncoder):
        encoder.load_pretrained(settings.encoder, file)
    else:
        encoder.load_published(published_tensors(settings.encoder, file))


def _take_over(network: PixelClassifier, init: Trained, palette: Palette) -> None:
    tensors = dict(init.network.state_dict())
    if init.palette.fingerprint != palette.fingerprint:
        nearest = torch.from_numpy(uv_to_bins(palette.centers, init.palette))
        for name in tensors:
            if name.startswith(f"{network.head_name}."):
                tensors[name] = tensors[name][nearest]
    try:
        missing, unknown = network.load_state_dict(tensors, strict=False)
    except RuntimeError as error:
        raise TrainerError(
            f"--init: its network doesn't fit the recipe's ({str(error).splitlines()[-1].strip()})"
        ) from None
    if differing := [*unknown, *missing]:
        raise TrainerError(
            f"--init: its network isn't the recipe's (they differ in {differing[0]}); leave out "
            "the keys of the network"
        )
