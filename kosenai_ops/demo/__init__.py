"""A studio to try the back office on: people, their work, staff of every role, and requests in every state."""
