"""Photo folders: files, manifest, facts of photos, near-duplicates, splits."""
