"""Recipes: every setting of a fit."""
