"""How an e-mail address and a vendor's id are spelled here, so that one mailbox is one and two are two."""

import re
import string
import unicodedata
from dataclasses import dataclass

import idna
from django.core.exceptions import ValidationError

MAX_LENGTH = 254  # characters; no longer address fits into SMTP's commands (RFC 5321, 4.5.3.1.3)
ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
# One address and nothing beside it: not a list, not a name with its address in angle brackets, not a sentence.
WORD = r"""[^\s()<>\[\]:;@\\,"]+"""
QUOTED = r'''"(?:[^"\\]|\\.)*"'''
ADDRESS = re.compile(rf"(?P<local>{WORD}|{QUOTED})@(?P<domain>{WORD}|\[[^\s\[\]\\]*\])")
ROOT = re.compile(r"(?<=[^.])\.$")  # the DNS's own name for the top, which may be left out
# Controls, formats (joiners, soft hyphens, marks of direction), halves of characters, separators.
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
# Letters and marks that Unicode says to show as nothing (Default_Ignorable_Code_Point), and Braille's blank.
UNSEEN_LETTERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)


def normalise_email(value: str) -> str:
    """The stored spelling of an e-mail address: no blanks around it, A-Z in small letters, the domain in IDNA 2008.

    Nothing else is folded: straße and strasse, ﬁ and fi, é and e with an accent after it are different mailboxes
    (RFC 6531, 3.2). An address for which no standard has room (docomo's with two dots, one without a top-level
    domain) keeps its spelling. Raises ValidationError for what is not one address, for one with a character that
    nobody sees, and for more than MAX_LENGTH characters.
    """
    text = value.strip().translate(ASCII_LOWER)
    refuse_long(text)
    refuse_unseen(text)
    address = ADDRESS.fullmatch(text)
    if address is None:
        raise ValidationError("This is not an e-mail address.")
    labels = ROOT.sub("", address["domain"]).split(".")
    text = f"{address['local']}@{'.'.join(map(as_in_dns, labels))}"
    refuse_long(text)  # an A-label is longer than what it stands for
    return text


def as_in_dns(label: str) -> str:
    """A part of a domain as its A-label; as it is when it can be none.

    A name in the DNS has no case, so a large letter becomes small, but only one of which there is no other: the
    Kelvin sign does not become a k, nor ẞ an ß.
    """
    if label.isascii():
        return label
    try:
        return idna.alabel("".join(c.lower() if c.lower().upper() == c else c for c in label)).decode()
    except UnicodeError:  # idna.IDNAError is one
        return label


def refuse_long(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise ValidationError(f"It has {len(text):,} characters; {MAX_LENGTH} is the most.")


def refuse_unseen(text: str) -> None:
    """Raises ValidationError for a character that nobody sees: with it two texts look like one."""
    if any(unicodedata.category(c) in UNSEEN and c != " " for c in text) or UNSEEN_LETTERS.search(text):
        raise ValidationError("It holds a character that cannot be seen. Type it anew.")


@dataclass(frozen=True)
class Provider:
    """How a provider of mailboxes delivers: to the mailbox of `domain`, whatever stands after a plus, and whatever
    dots stand before it."""

    domain: str
    ignores_dots: bool = False


# Read on 2026-11-30: Google's support.google.com/mail/answer/7436150 (dots, plus) and /10313 (googlemail); for the plus
# of the others, and Apple's three domains, the table of the package email-normalize 3.1. A wrong line costs a question
# to staff and bars nobody.
PROVIDERS = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), Provider("gmail.com", ignores_dots=True)),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), Provider("icloud.com")),
    **{domain: Provider(domain) for domain in (
        "outlook.com", "hotmail.com", "live.com", "fastmail.com", "proton.me", "protonmail.com", "yandex.com",
        "zoho.com",
    )},
}  # fmt: skip


def folded_email(address: str) -> str:
    """What a stored address has in common with the others of its mailbox, by its provider's rules; itself where no rule
    is known. It is for asking whether two are one, never for taking them for one."""
    local, _, domain = address.rpartition("@")
    provider = PROVIDERS.get(domain)
    if provider is None or local.startswith('"'):
        return address
    name = local.partition("+")[0]
    return f"{name.replace('.', '') if provider.ignores_dots else name}@{provider.domain}"
