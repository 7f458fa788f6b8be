"""Self-contained HTML pages: of an evaluation and of a run."""
