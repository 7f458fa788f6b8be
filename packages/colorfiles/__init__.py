"""Files, addresses, the index of shards, progress and command lines, for all packages."""
