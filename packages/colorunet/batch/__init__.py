"""Batches of photo files: found, planned, read ahead, coloured, written."""
