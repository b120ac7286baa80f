"""Who somebody is, for staff who decide or act: the one place where people are named to them."""

DOTS = "••••"


def masked(address: str) -> str:
    """`o••••@example.com`: enough to tell two people of a name apart, too little to write to."""
    mailbox, at, host = address.rpartition("@")
    return f"{mailbox[:1] if len(mailbox) > 1 else ''}{DOTS}{at}{host}" if address else ""
