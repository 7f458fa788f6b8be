"""Training: loop, loss and state of a fit."""
