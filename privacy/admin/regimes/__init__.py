"""The rules of law."""
