"""A person's say in the colours: hints, versions, another photo's palette, an album's."""
