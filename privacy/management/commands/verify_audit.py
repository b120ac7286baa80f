"""Verifies the audit trail. Exit code 0: intact. 1: it was tampered with. 2: it could not be verified."""

import json
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from django.core.management.base import BaseCommand, CommandError
from django.db.models.functions import Now
from django.utils.dateparse import parse_date

from privacy.evidence import chains, roots
from privacy.fulfilment.roots import differences_of_files
from privacy.models import Heartbeat


def moment(text: str) -> datetime:
    day = parse_date(text)
    if day is None:
        raise ValueError(f"{text!r} is not a day such as 2026-11-23")
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


class Command(BaseCommand):
    help = (
        "Follows every chain of the audit trail and finds entries that were changed, deleted, added or moved, and "
        "requests, steps, receipts, packages, holds, flags, limits, merges, suppressions and daily roots that differ "
        "from what the entries tell. Keep roots outside the database: a chain that was rewritten, or cut at its end or "
        "deleted together with its head and rows, shows only against one of them."
    )

    def add_arguments(self, parser):
        parser.add_argument("--since", type=moment, metavar="DAY", help="only chains that got an entry since that day")
        parser.add_argument("--write-root", type=Path, metavar="FILE", help="write the Merkle root to a new file")
        parser.add_argument("--root", type=Path, metavar="FILE", help="compare with a root written earlier")

    def handle(self, *, since, write_root, root, **options):
        if since and (write_root or root):
            raise CommandError("A root is over all chains: leave --since out.", returncode=2)
        if write_root and root:
            raise CommandError("Compare with the old root first, then write a new one.", returncode=2)
        earlier = read_root(root) if root else None
        up_to = earlier["last_entry"] if earlier else chains.last_entry_id()
        started = monotonic()
        trail = chains.walk(since=since, marks=[] if since else [up_to, *roots.to_recompute()])
        if not since:
            trail.faults += faults_of_roots(trail)
        self.report(trail, monotonic() - started)
        found, _ = trail.roots.get(up_to, ("", 0))
        if earlier and earlier["root"] != found:
            self.stdout.write(f"The root differs from the one of {earlier['written_at']}: history was rewritten.")
        if trail.faults or (earlier and earlier["root"] != found):
            raise CommandError("The audit trail is NOT intact.", returncode=1)
        if write_root:
            self.write(write_root, {"root": found, "chains": trail.chains, "last_entry": up_to})
        if not since:
            Heartbeat.objects.update_or_create(name="verify_audit", defaults={"at": Now()})
        self.stdout.write("The audit trail is intact" + (f" since {since:%Y-%m-%d}." if since else "."))

    def report(self, trail, seconds):
        for fault in trail.faults:
            self.stdout.write(f"{fault.about} {fault.chain}: {fault.text}.")
        if trail.older:
            self.stdout.write(
                f"{trail.older:,} requests were opened before entries committed to rows: the reasons and dates of "
                "these, and what they suppressed, are not proved."
            )
        rate = trail.entries / max(seconds, 0.001)
        self.stdout.write(f"{trail.chains:,} chains, {trail.entries:,} entries read, {rate:,.0f} entries a second.")

    def write(self, path, body):
        try:
            with path.open("x") as file:  # an older root is evidence, so it is never written over
                json.dump(body | {"written_at": datetime.now(UTC).isoformat(timespec="seconds")}, file)
        except OSError as fault:
            raise CommandError(f"The root was not written: {path}: {fault.strerror}.", returncode=2) from fault


def faults_of_roots(trail: chains.Trail) -> list[chains.Fault]:
    """Of the daily roots: their rows, the newest of them against the chains, and their files."""
    found = [*roots.differences(trail.roots), *differences_of_files()]
    return [chains.Fault(pk, text, "Daily root") for pk, text in found]


def read_root(path: Path) -> dict:
    try:
        body = json.loads(path.read_text())
        return {"root": str(body["root"]), "last_entry": int(body["last_entry"]), "written_at": str(body["written_at"])}
    except OSError as fault:
        raise CommandError(f"{path}: {fault.strerror}.", returncode=2) from fault
    except (ValueError, KeyError, TypeError) as fault:
        raise CommandError(f"{path} is not a root that verify_audit wrote.", returncode=2) from fault
