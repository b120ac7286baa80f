"""The data map of the privacy app, one file an area, and of Django's and third-party tables.

A new model without a class here (or in its own app's personal_data) stops the start. See README, Add a model.
"""
