"""From shards to batches: what a fit reads, in a resumable order."""
