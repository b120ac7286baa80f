"""Dates and times as this back office writes them."""
