"""The requests: their queue, the page of one, what is decided there, and what they leave behind."""
