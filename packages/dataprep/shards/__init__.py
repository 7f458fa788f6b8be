"""Shard sets: planned, written, read."""
