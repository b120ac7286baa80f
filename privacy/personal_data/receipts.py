"""Receipts."""

from privacy import models
from privacy.datamap import Evidence, exempt

exempt(
    models.Receipt,
    because="Counts and rules only; outlives the person's data as its proof",
    evidence=Evidence(),
)
