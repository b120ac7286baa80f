"""Daily roots: computed over the heads of all chains, proved of one of them, and held against what is told of them.

A root is over the chains as they stood at an entry's id. It is computed from the heads, of which those that have grown
since are wound back, so that nobody who appends waits, and a million take seconds.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Min

from privacy.evidence import audit, chains, commitments
from privacy.evidence.events import Event
from privacy.evidence.told import apart
from privacy.evidence.trees import BLOCK, Tree, hash_of_leaf, path
from privacy.models import AuditEntry, AuditHead, DailyRoot

NAMESPACE = UUID("0a4d5f1c-5a55-5c3f-8a1e-8d4d3b6d2c10")
CHAIN = uuid5(NAMESPACE, "daily-roots")  # of what is told of all of them
PAGE = 5_000
RECOMPUTED = 7  # of the newest, whenever the whole trail is verified

type Head = tuple[UUID, int, str]


def leaf_of(head: Head) -> bytes:
    """`chain:n:digest`."""
    return f"{head[0]}:{head[1]}:{head[2]}".encode()


@dataclass
class Computed:
    """A root before it is a row; `blocks` are [first chain, digest] of each."""

    last_entry: int
    blocks: list[list[str]] = field(default_factory=list)
    tree: Tree = field(default_factory=Tree)
    size: int = 0

    def add_block(self, heads: list[Head]) -> None:
        tree = Tree()
        for head in heads:
            tree.add(leaf_of(head))
        self.tree.add_hash(tree.digest())
        self.blocks.append([str(heads[0][0]), tree.root()])
        self.size += len(heads)

    @property
    def root(self) -> str:
        return self.tree.root()


def compute(keep_alive: Callable[[], None] = lambda: None) -> Computed:
    """The root of the chains as they stand. `keep_alive` is called now and then."""
    found, block = Computed(chains.last_entry_id()), list[Head]()
    for page in pages(found.last_entry):
        block += page
        for start in range(0, len(block) - len(block) % BLOCK, BLOCK):
            found.add_block(block[start : start + BLOCK])
        block = block[len(block) - len(block) % BLOCK :]
        keep_alive()
    if block:
        found.add_block(block)
    return found


def pages(last_entry: int, first: UUID | None = None, before: UUID | None = None) -> Iterator[list[Head]]:
    """The heads in the order of their chains, as they stood at that entry. What has grown since is wound back: its
    entries are read after the heads, so that none is missed."""
    rows = AuditHead.objects.order_by("chain").values_list("chain", "n", "digest")
    rows = rows.filter(chain__lt=before) if before else rows
    page = list((rows.filter(chain__gte=first) if first else rows)[:PAGE])
    while page:
        yield list(_wound_back(page, last_entry))
        page = list(rows.filter(chain__gt=page[-1][0])[:PAGE])


def _wound_back(page: list[Head], last_entry: int) -> Iterator[Head]:
    within = AuditEntry.objects.filter(chain__range=(page[0][0], page[-1][0]))
    since = within.filter(id__gt=last_entry).order_by().values("chain").annotate(first=Min("n"))
    grown = dict(since.values_list("chain", "first"))
    then = {pk: n - 1 for pk, n in grown.items()}
    digests = {
        (chain, n): digest
        for chain, n, digest in within.filter(chain__in=grown, n__in=set(then.values())).values_list(
            "chain", "n", "digest"
        )
    } if grown else {}  # fmt: skip
    for chain, n, digest in page:
        if chain not in then:
            yield chain, n, digest
        elif then[chain] > 0:
            yield chain, then[chain], digests.get((chain, then[chain]), "")


def record(computed: Computed, day: date) -> DailyRoot | None:
    """Writes the root of a day, once; None where the day has one. In the caller's transaction."""
    root = DailyRoot(
        day=day, size=computed.size, root=computed.root, last_entry=computed.last_entry, blocks=computed.blocks,
        made_at=datetime.now(UTC),
    )  # fmt: skip
    written = DailyRoot.objects.bulk_create([root], ignore_conflicts=True)
    if not DailyRoot.objects.filter(pk=written[0].pk).exists():
        return None
    row = commitments.of_row(root, commitments.fixed_columns(DailyRoot))
    audit.append(CHAIN, Event.ROOT_MADE, actor=None, id=root.pk, day=day, size=root.size, root=root.root, row=row)
    return root


def note_copy(root: DailyRoot, file: str = "") -> None:
    """That the root was written to a file of this name, or mailed. Once each, in the caller's transaction."""
    column = "written_at" if file else "mailed_at"
    now = datetime.now(UTC)
    if DailyRoot.objects.filter(pk=root.pk, **{column: None}).update(
        **{column: now}, **({"file": file} if file else {})
    ):
        audit.append(CHAIN, Event.ROOT_COPIED, actor=None, id=root.pk, file=file)


@dataclass(frozen=True)
class Proof:
    """That a chain, as it stood at its entry `n`, is leaf `index` of the tree (RFC 6962, section 2.1.1)."""

    root: DailyRoot
    n: int
    digest: str
    index: int
    path: list[str]


def prove(chain: UUID) -> Proof | None:
    """By the newest root; None where the chain began after it, or there is none. Of a chain that is not what it was,
    the proof leads to another root."""
    root = DailyRoot.objects.order_by("-day").first()
    if root is None or not root.blocks:
        return None
    place = bisect_right([UUID(first) for first, _ in root.blocks], chain) - 1
    if place < 0:
        return None
    heads = _block(root, place)
    at = next((index for index, head in enumerate(heads) if head[0] == chain), None)
    if at is None:
        return None
    inside = path([hash_of_leaf(leaf_of(head)) for head in heads], at)
    above = path([bytes.fromhex(digest) for _, digest in root.blocks], place)
    _, n, digest = heads[at]
    return Proof(root, n, digest, place * BLOCK + at, [step.hex() for step in [*inside, *above]])


def _block(root: DailyRoot, place: int) -> list[Head]:
    first, after = UUID(root.blocks[place][0]), root.blocks[place + 1 : place + 2]
    before = UUID(after[0][0]) if after else None
    return [head for page in pages(root.last_entry, first, before) for head in page]


def to_recompute() -> list[int]:
    """The entries at which the newest roots were computed."""
    return list(DailyRoot.objects.order_by("-day").values_list("last_entry", flat=True)[:RECOMPUTED])


def differences(recomputed: dict[int, tuple[str, int]]) -> list[tuple[UUID, str]]:
    """(root, what is wrong with it): against what its entry tells, and against the chains as they stood then:
    {entry: (root, size)}. Of what is wrong at two looks: between both somebody may have made one."""
    found = list(_at_a_look(recomputed))
    again = set(_at_a_look(recomputed)) if found else set()
    return [one for one in found if one in again]


def _at_a_look(recomputed: dict[int, tuple[str, int]]) -> Iterator[tuple[UUID, str]]:
    told, copies = dict[UUID, dict[str, Any]](), dict[tuple[UUID, str], datetime]()
    entries = AuditEntry.objects.filter(chain=CHAIN, event__in=[Event.ROOT_MADE, Event.ROOT_COPIED])
    for event, at, data in entries.values_list("event", "at", "data"):
        if event == Event.ROOT_MADE:
            told[UUID(data["id"])] = data
        else:
            copies[UUID(data["id"]), data["file"]] = at
    roots = {root.pk: root for root in DailyRoot.objects.order_by("day")}
    for pk, root in roots.items():
        if pk not in told:
            yield pk, "no entry tells of it"
        elif commitments.of_row(root, told[pk]["row"]["columns"]) != told[pk]["row"]:
            yield pk, "it is not as it was computed"
        elif (root.root, root.size) != recomputed.get(root.last_entry, (root.root, root.size)):
            yield pk, f"the chains are not what they were on {root.day}: history was rewritten"
        kept, said = _copies_of(root), {name: at for (of, name), at in copies.items() if of == pk}
        if kept.keys() != said.keys() or any(apart(at, said[name]) for name, at in kept.items()):
            yield pk, "where and when it was kept elsewhere is not what was written"
    yield from ((pk, "it is gone") for pk in sorted(told.keys() - roots.keys()))


def _copies_of(root: DailyRoot) -> dict[str, datetime]:
    """{file, empty for the mail: when}."""
    kept = {root.file: root.written_at} if root.file else {}
    return {name: at for name, at in (kept | {"": root.mailed_at}).items() if at}
