"""Palettes learnt from photos or shards, with their measures and figures."""
