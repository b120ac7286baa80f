"""Pages for the people the data is about. They have no account here: what they may see, their link says."""
