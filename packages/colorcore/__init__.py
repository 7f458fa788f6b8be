"""Colour maths of data preparation and training: bins, weights, decoding, measures.

Pure: no files, no network. Every function acts on the last axis and takes numpy and torch arrays
alike.
"""

from colorcore._arrays import array_namespace, like
from colorcore.bins import bins_to_uv, rgb_table, uv_to_bins
from colorcore.decode import annealed_mean, certainty, mean_color, top_mode_mean
from colorcore.histogram import UvGrid, UvHistogram, uv_of_uint8
from colorcore.lab import ciede2000, rgb_to_lab
from colorcore.palette import COLOR_SPACE, IGNORE_BIN, MAX_BINS, Palette
from colorcore.palette_fit import grid_palette, kmeans_palette
from colorcore.targets import soft_target_matrix
from colorcore.weights import rebalancing_weights, smooth_prior
from colorcore.yuv import U_MAX, V_MAX, rgb_to_yuv, yuv_to_rgb

__all__ = [
    "COLOR_SPACE",
    "IGNORE_BIN",
    "MAX_BINS",
    "U_MAX",
    "V_MAX",
    "Palette",
    "UvGrid",
    "UvHistogram",
    "annealed_mean",
    "array_namespace",
    "bins_to_uv",
    "certainty",
    "ciede2000",
    "grid_palette",
    "kmeans_palette",
    "like",
    "mean_color",
    "rebalancing_weights",
    "rgb_table",
    "rgb_to_lab",
    "rgb_to_yuv",
    "smooth_prior",
    "soft_target_matrix",
    "top_mode_mean",
    "uv_of_uint8",
    "uv_to_bins",
    "yuv_to_rgb",
]
