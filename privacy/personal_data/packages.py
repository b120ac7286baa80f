"""Access packages."""

from privacy import models
from privacy.datamap import Category, Evidence, Personal, Retention, register
from privacy.personal_data.accountability import Accountability


@register(models.AccessPackage)
class AccessPackageData(Accountability):
    subject = "request__subject"
    machinery = True
    retention = Retention("Time enough to fetch it", days=7, after="created_at")
    fields = {
        "file": Personal(Category.ACCOUNT, masked=False),
        "sha256": Personal(Category.ACCOUNT),
        "size": Personal(Category.ACCOUNT),
        "rows": Personal(Category.ACCOUNT),
        "files": Personal(Category.ACCOUNT),
        "token_sha256": Personal(Category.PSEUDONYM),
        "downloaded_at": Personal(Category.BEHAVIOUR),
    }
    not_personal = ("id", "request", "gaps", "encrypted", "created_at", "expires_at", "token_issued_at", "swept_at")
    withheld = {"token_sha256": "It guards the download", "file": "Where we stored the package"}
    evidence = Evidence(
        changes=("file", "expires_at", "token_sha256", "token_issued_at", "downloaded_at", "swept_at"), goes={}
    )
