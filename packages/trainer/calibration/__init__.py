"""Choosing how the logits of a trained network become colours, on photos it hasn't seen."""
