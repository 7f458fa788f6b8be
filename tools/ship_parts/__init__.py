"""The rooms of tools/train-shipped: licences, kept stages, decoding, bars, pictures, model card."""
