"""From shards to batches, in a resumable order."""
