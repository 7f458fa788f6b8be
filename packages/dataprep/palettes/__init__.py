"""Palettes learnt from photos or shards, measured and pictured."""
