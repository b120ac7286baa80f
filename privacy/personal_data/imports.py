"""Imports of tables."""

from privacy import models
from privacy.datamap import exempt

exempt(models.ImportRun, because="Who imported which table, with counts and rules; the values stay in the sealed file")
