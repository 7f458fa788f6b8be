"""The table of networks: costs of each architecture at its main settings."""

from dataclasses import dataclass

from colorunet.networks import NetworkSettings, build_network
from colorunet.networks.cost import NetworkCost, cost_of

_ROWS = {
    "poster, norm = volume": NetworkSettings("poster", norm="volume"),
    "poster, norm = pixel": NetworkSettings("poster", norm="pixel"),
    "unet": NetworkSettings("unet"),
    "unet, logits_stride = 4": NetworkSettings("unet", logits_stride=4),
    "unet, logits_stride = 1": NetworkSettings("unet", logits_stride=1),
    "unet, stem = 1, logits_stride = 1": NetworkSettings("unet", stem=1, logits_stride=1),
    "unet, width = 16": NetworkSettings("unet", width=16),
    "unet, context = false": NetworkSettings("unet", context=False),
}


@dataclass(frozen=True)
class NetworkTable:
    """Costs by the settings that differ from the defaults."""

    bins: int
    rows: dict[str, NetworkCost]


def network_table(*, bins: int = 32, size: int = 256) -> NetworkTable:
    """Build and measure each network."""
    rows = {
        name: cost_of(build_network(settings, bins=bins, size=size).eval(), size=size)
        for name, settings in _ROWS.items()
    }
    return NetworkTable(bins, rows)


def table_text(table: NetworkTable) -> str:
    """Return the table as Markdown."""
    lines = [
        f"| network, {table.bins} bins | parameters | GFLOPs | receptive field | activations |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, cost in table.rows.items():
        sees = f"{cost.receptive_field_px} px"
        if cost.receptive_field_px >= cost.size:
            sees = "whole image"
        lines.append(
            f"| {name} | {cost.parameters:,} | {cost.flops / 1e9:.2f} | {sees} "
            f"| {cost.activation_bytes / 2**20:.0f} MiB |"
        )
    return "\n".join(lines)
