"""Calibration: choice of a trained network's decoding, on held-out photos."""
