"""From luma to colour: logits, decoding, gamut, files."""
