"""The rooms of experiments/study: plan, photos, kept steps, measures, tables and pictures."""
