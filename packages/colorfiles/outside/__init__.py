"""Untrusted input: opened without blocking, bounded, validated, and escaped for display."""
