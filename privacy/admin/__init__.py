"""The back office, a folder an area. To import a module registers its pages."""

import privacy.admin.content.communications
import privacy.admin.content.content
import privacy.admin.content.usage
import privacy.admin.duties.children
import privacy.admin.duties.holds
import privacy.admin.evidence.audit
import privacy.admin.evidence.roots
import privacy.admin.evidence.suppression
import privacy.admin.people.subjects
import privacy.admin.people.wordings
import privacy.admin.processors.inventory
import privacy.admin.regimes.rules
import privacy.admin.requests.batches
import privacy.admin.requests.outbox
import privacy.admin.requests.queue
import privacy.admin.requests.wordings
import privacy.admin.staff
import privacy.admin.tables.imports  # noqa: F401  (all of these: for what they register)
