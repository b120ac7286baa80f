"""The inventory of processors."""

from privacy import models
from privacy.datamap import exempt

exempt(models.Processor, because="Companies and not persons; contacts are not stored")
