"""Verification of a shard set, one module per kind of check."""
