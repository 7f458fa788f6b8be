"""Films, coloured frame by frame without flicker; sound, times and metadata are copied."""
