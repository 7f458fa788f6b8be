"""A coloured photo to a file: in which format and depth, with what of the photo's metadata."""
