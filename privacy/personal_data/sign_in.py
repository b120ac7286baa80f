"""What is typed and clicked by whoever signs in: attempts that are counted, and sessions."""

import json
from collections.abc import Iterator

from axes.models import AccessAttempt, AccessAttemptExpiration, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session

from privacy.datamap import erased_by, exempt


def typed_at_sign_in(row: AccessAttempt | AccessFailureLog | AccessLog) -> str:
    """What somebody typed or clicked; not the browser's name, which many share."""
    return "\n".join(str(getattr(row, name, "") or "") for name in ("username", "path_info", "get_data", "post_data"))


def quoted_in_session(row: Session) -> str:
    """Every text of the session (messages, filters), but for what says who of the staff is signed in."""
    said = {key: value for key, value in row.get_decoded().items() if not key.startswith("_auth_")}
    return "\n".join(_texts(said))


def _texts(value) -> Iterator[str]:
    match value:
        case dict():
            yield from _texts([*value.keys(), *value.values()])
        case list():
            for item in value:
                yield from _texts(item)
        case str() if value.startswith(("[", "{")):  # messages are JSON in JSON
            try:
                yield from _texts(json.loads(value))
            except ValueError:
                yield value
        case _:
            yield str(value)


TYPED = "Staff sign in here and data subjects at Clerk, but anything can be typed into the form or its address"
erased_by(AccessAttempt, typed_at_sign_in, because=TYPED)
erased_by(AccessFailureLog, typed_at_sign_in, because=TYPED)
erased_by(AccessLog, typed_at_sign_in, because=TYPED)
exempt(AccessAttemptExpiration, because="When an attempt to sign in is forgotten; goes with the attempt")
erased_by(Session, quoted_in_session, because="Staff sessions, whose messages may quote what staff looked at")
