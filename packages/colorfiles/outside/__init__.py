"""What comes from outside: opened without waiting, bounded, checked, and harmless when shown."""
