"""Every command under faults that are really made, and what its rerun gives."""
