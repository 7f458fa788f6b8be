"""Evidence of colourisation: marks in metadata, records, signatures, and their verification."""
