"""Parts of experiments/train-shipped: licences, stages, decoding, criteria, pictures, card."""
