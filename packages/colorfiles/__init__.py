"""Files, as all parts handle them: read, written whole, found at any address, with progress."""
