"""Planning, writing and reading of shard sets."""
