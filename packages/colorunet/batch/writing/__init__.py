"""Writing of coloured photos: format, depth and metadata."""
