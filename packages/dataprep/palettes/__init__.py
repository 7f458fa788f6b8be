"""Palettes learned from photos or shards, with their measures and figures."""
