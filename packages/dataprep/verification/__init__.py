"""What `dataprep verify` holds a shard set to, one module for each kind of promise."""
