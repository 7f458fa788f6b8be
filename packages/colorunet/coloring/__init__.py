"""From luma to colour in memory: logits, decoding, steering, gamut."""
