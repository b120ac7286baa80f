"""Who else handles the data."""
