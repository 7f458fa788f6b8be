"""What is in a shard set, in words and in pictures."""
