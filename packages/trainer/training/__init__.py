"""A fit: its loop, its loss, its state."""
