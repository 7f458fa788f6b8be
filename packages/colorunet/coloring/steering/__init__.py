"""Steering of colours by hints, versions, reference photos and albums."""
