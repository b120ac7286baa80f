"""The people: how they are found, and the page from which every action starts."""
