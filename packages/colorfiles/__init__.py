"""Files, as all parts of the house handle them: written whole, found at any address, told of with progress."""
