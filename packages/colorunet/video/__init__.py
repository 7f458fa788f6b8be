"""Films: read, coloured without flicker, written frame for frame; all but their colours is kept."""
