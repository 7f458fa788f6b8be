"""Run folders, written by `trainer fit`."""
