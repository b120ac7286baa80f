# Without the zero that Django puts before a day in Italian: 3 novembre 2026.
DATE_FORMAT = "j F Y"
