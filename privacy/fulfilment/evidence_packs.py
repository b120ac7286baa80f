"""The evidence pack of a case as a zip, with the program that verifies it."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from privacy.evidence.commitments import canonical_digest
from privacy.evidence.verify import FORMAT
from privacy.models import AuditEntry, Case
from privacy.selectors import evidence_packs

README = """\
Evidence pack of one case, made by Kosenai Ops on {made_at}.

What was asked, by which rules it was worked, what was done, answered and issued: by ids, counts, dates and digests.
No value of the person's stands in it and nothing of what they were given. What staff or the person wrote stands in it
as a salted digest alone. Members of staff are numbers.

  case.json        where the case stands
  timeline.txt     what happened, in sentences (timeline.json: the same for programs)
  rules.json       its dates, and the rules of law that set them, as they are worded
  asks.json        what was asked of our own tables and of processors, and what came of it
  letters.json     the letters
  receipts.json    the receipts, word for word
  packages.json    digests and counts of what was handed over
  chain.json       the audit chain: each entry holds the SHA-256 of the one before it
  rows.json        the rows that entries commit to
  inclusion.json   the proof that the chain is in the root of a day (RFC 6962)
  manifest.json    the SHA-256 of each file

To verify, with Python and nothing else:

  python3 -I -S verify.py

Whoever holds the pack could have changed all of it together. Against that, compare it with a root of its day that was
kept elsewhere, and take verify.py from the release:

  python3 -I -S verify.py PACK.zip --root daily-root-YYYY-MM-DD.json

SHA-256 of verify.py: {verifier}
"""


@dataclass(frozen=True)
class Pack:
    """The zip; `sha256` is the digest of its manifest, which stands in the audit trail."""

    name: str
    content: bytes
    sha256: str


def build(case: Case, sentence: Callable[[AuditEntry], str]) -> Pack:
    """The pack of a case whose chain is locked, so that what is told is of one moment. `sentence` tells an entry."""
    made_at = datetime.now(UTC)
    texts = texts_of(case, sentence, made_at)
    manifest = manifest_of(case, texts, made_at)
    texts["manifest.json"] = json.dumps(manifest, indent=1, sort_keys=True).encode() + b"\n"
    return Pack(f"evidence-{str(case.pk)[:8]}-{made_at:%Y-%m-%d}.zip", zipped(texts, made_at), manifest["sha256"])


def texts_of(case: Case, sentence: Callable[[AuditEntry], str], made_at: datetime) -> dict[str, bytes]:
    """{name: content} of all files but the manifest."""
    bodies = evidence_packs.of_case(case, sentence)
    lines = "".join(f"{line['at']}  {line['sentence']}\n" for line in bodies["timeline.json"])
    verifier = verifier_text()
    readme = README.format(made_at=f"{made_at:%Y-%m-%d %H:%M} UTC", verifier=hashlib.sha256(verifier).hexdigest())
    return {
        **{name: json.dumps(body, indent=1, sort_keys=True).encode() + b"\n" for name, body in bodies.items()},
        "timeline.txt": lines.encode(), "README.txt": readme.encode(), "verify.py": verifier,
    }  # fmt: skip


def verifier_text() -> bytes:
    return files("privacy.evidence").joinpath("verify.py").read_bytes()


def manifest_of(case: Case, texts: Mapping[str, bytes], made_at: datetime) -> dict[str, Any]:
    named = {name: {"bytes": len(t), "sha256": hashlib.sha256(t).hexdigest()} for name, t in texts.items()}
    body = {"format": FORMAT, "case": str(case.pk), "made_at": made_at.isoformat(timespec="seconds"), "files": named}
    return body | {"sha256": canonical_digest(body)}


def zipped(texts: Mapping[str, bytes], at: datetime) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(texts.items()):
            info = zipfile.ZipInfo(name, at.timetuple()[:6])
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            archive.writestr(info, content)
    return out.getvalue()
