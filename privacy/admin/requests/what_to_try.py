"""What to try when work has stopped or a step is tried in vain, by what the message says."""

import re

AGAIN = "then choose Try again: what is done is not done twice."
BY_HAND = "Where a processor’s step is open, you can also do it there yourself and attest it here."
# (what the message of a kind of trouble looks like, what to try); the first that fits.
TRY = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (
            r"^.*Not as it was approved",
            "Read what is new in the plan. If it is right to erase that too, somebody other than who asked chooses "
            "Approve again; else cancel the request. Nothing of it was carried out.",
        ),
        (
            r"^Not as it was decided",
            "What is stored is not what whoever decided has read. Deny it, look at the person’s page, and ask anew.",
        ),
        (
            r"The texts in it were changed while it was written",
            "Somebody goes on writing to the person. It is built again by itself; look for new places to decide about.",
        ),
        (
            r"The mail server does not take it",
            "The server refuses the address, our sender or our sign-in, and will again. Look at the member’s address "
            "under Staff and, with whoever runs this, at EMAIL_URL; then choose Try again. It says what is so when it "
            "goes out.",
        ),
        (
            r"The mail server|does not know the mail",
            "Mail does not go out. Ask whoever runs this to look at EMAIL_URL and the mail server; it is tried again "
            "by itself.",
        ),
        (
            r"the worker died or stalled",
            "Something about this one case ends the workers. Give its short id to whoever runs this: the workers’ log "
            f"of that time says why. When it is mended, {AGAIN}",
        ),
        (
            r"No space left|Disk quota",
            f"The disk is full. Ask whoever runs this to make room, {AGAIN}",
        ),
        (
            r"Read-only file system|Permission denied|PermissionError|Input/output error|The file is not deleted",
            f"The files cannot be written or deleted. Ask whoever runs this to look at the disk’s rights, {AGAIN}",
        ),
        (
            r"No API key for",
            "There is no key here: do it in the processor’s console and attest it, or ask whoever runs this for a key; "
            "with one it goes on by API.",
        ),
        (
            r", then attest it here",
            "Do it in the processor’s console as the step says, and attest it with the number of their ticket.",
        ),
        (
            r"refuses the key in",
            "The key is wrong, expired or may not do this. Ask whoever runs this to put in a new one: it is tried "
            "again by itself. If the date is near, do it in the console and attest it.",
        ),
        (
            r"does not know|knows none of|An id on record is none",
            "Look the person up in the processor’s console. If nobody is there, attest that. If they are, the key is "
            f"that of another account, project or mode: have it changed, {AGAIN}",
        ),
        (
            r"No connector for",
            "This version cannot talk to the processor any more. Ask them yourself, and attest their answer.",
        ),
        (
            r"answered HTTP|something other than JSON|did not answer|its SDK does not understand|still knows a|"
            r"Timeout|Connect",
            "The processor is down or changed how it answers. Look at its status page; when it is up, choose Try "
            "again. If the date is near or it goes on so, do it in its console and attest it.",
        ),
        (
            r"OperationalError|locked|still in the database's files",
            f"The database was away or busy with something long. Wait until pages are quick again, {AGAIN}",
        ),
        (
            r"MissingKey",
            f"A key of ours is missing. Ask whoever runs this to start everything with it, {AGAIN}",
        ),
        (
            r"This worker does not know",
            f"A worker of another version is running. When the new version is everywhere, {AGAIN}",
        ),
    )
)
UNKNOWN = (
    "Choose Try again once: it may be over. If it stops with the same message, give that and the short id to whoever "
    f"runs this. {BY_HAND}"
)


def known(because: str) -> str:
    """What to try by the words of the message; empty for one that nobody has foreseen."""
    return next((words for looks, words in TRY if looks.search(because)), "")


def to_try(because: str) -> str:
    """The same, and for every message something."""
    return known(because) or UNKNOWN
