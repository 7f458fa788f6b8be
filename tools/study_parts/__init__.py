"""The rooms of tools/study: plan, photos, kept steps, measures, tables and pictures."""
