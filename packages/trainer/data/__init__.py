"""From shards to batches: what a fit reads, in an order that can be gone on with."""
