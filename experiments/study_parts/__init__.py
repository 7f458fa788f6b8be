"""The rooms of experiments/study: definition, photos, work, results, tables and pictures."""
