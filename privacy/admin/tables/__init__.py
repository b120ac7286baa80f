"""Tables of people and content as files: into the house and out of it."""
