"""From photos to shards: gather, learn a palette, cut views, write labelled shards."""
