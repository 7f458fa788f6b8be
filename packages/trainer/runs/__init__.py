"""The folder that `trainer fit` writes."""
