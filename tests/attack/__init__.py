"""Attacks on the whole: slower than a test, bounded, on this machine only. `make attack` runs them."""
