"""What all parts do alike: files, addresses, the index of shards, progress, command lines."""
