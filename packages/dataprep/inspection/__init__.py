"""Contents of a shard set, as text and pictures."""
