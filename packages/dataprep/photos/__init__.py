"""Photos on this machine: the folder, its manifest, what a photo holds, which belong together."""
