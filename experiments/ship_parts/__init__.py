"""The rooms of experiments/train-shipped: licences, stages, decoding, bars, pictures, card."""
