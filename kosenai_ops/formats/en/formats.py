# 23 Nov 2026, 14:06: the same order for every reader, and a month that nobody can mistake for a day.
DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, H:i"
