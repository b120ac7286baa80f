"""HTTP to a processor under our rules: fixed host, time limits, no redirects, no retries of its own (the engine
retries), every reply read as an outcome, and evidence without personal values."""

import json
import logging
import random
import re
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any, ClassVar
from uuid import uuid5

import httpx
from django.conf import settings

from privacy.connectors.base import Call, Connector
from privacy.jobs.outcomes import Failed, Later, Outcome, Waiting

TIMEOUT = httpx.Timeout(10, connect=5)
REFUSED_KEY_SECONDS = 15 * 60
LONGEST_PAUSE_SECONDS = 6 * 3600
RETRY_STATUSES = {408, 409, 425, 429}
KEPT_REQUEST_IDS = 20
KEPT_ENDINGS = 20
# What we put into an address. Some SDKs do not quote it: "../instance" for a user's id would name another object.
SAFE_ID = re.compile(r"[\w-]+", re.ASCII)
SAFE_CODE = re.compile(r"[\w.-]{1,60}", re.ASCII)

# httpx tells each URL at INFO, and the URLs carry the processors' ids of the person.
logging.getLogger("httpx").setLevel(logging.WARNING)

Unfinished = Later | Waiting | Failed


class Trouble(Exception):
    """What was asked was not done; `outcome` is what the engine is to know of it."""

    def __init__(self, outcome: Unfinished):
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


class Exchange:
    """One attempt's calls to one processor, and the evidence of this attempt and those before it: counts, HTTP
    statuses, the processor's own request ids, what was asked. `client` may be handed to a vendor's SDK.

    `tally` counts what was done, under the connector's `counters`. `asked` are deletions of which the answer is not
    known, as {what and UUID: attempt}; the UUID is made of the thing's id and the step's key, so that evidence names
    nobody. `settled` are those that are over, where the processor would not say so itself.
    """

    def __init__(self, connector: "ApiConnector", call: Call):
        earlier = call.result
        self.connector, self.call = connector, call
        self.attempt = earlier.get("attempts", 0) + 1
        self.tally = Counter({name: earlier.get(name, 0) for name in connector.counters})
        self.facts: dict[str, Any] = {}  # what else the connector has to say
        self.asked: dict[str, int] = dict(earlier.get("asked", {}))
        self.settled: list[str] = list(earlier.get("settled", []))
        self.lost: list[int] = list(earlier.get("answers_lost", []))
        self.endings: dict[str, str] = dict(earlier.get("endings", {}))
        self.calls = Counter(earlier.get("calls", {}))
        self.request_ids = deque(earlier.get("requests", []), KEPT_REQUEST_IDS)
        self.client = httpx.Client(
            base_url=connector.base_url,
            timeout=TIMEOUT,
            follow_redirects=False,
            event_hooks={"response": [self.judge]},
        )

    def evidence(self) -> dict[str, Any]:
        """For the result of a step that is not finished; the last request ids only, when there were many calls."""
        told = {"asked": self.asked, "settled": self.settled, "answers_lost": self.lost, "endings": self.endings}
        return {
            **self.tally,
            **self.facts,
            "attempts": self.attempt,
            "calls": dict(self.calls),
            "requests": list(self.request_ids),
            **{name: value for name, value in told.items() if value},
        }

    def final(self, outcome: str, notes: list[str] | None = None) -> dict[str, Any]:
        """The same for one that is: in words, and without what only a next attempt needs."""
        notes = [*(notes or []), *map(self.in_words, sorted(set(self.lost)))]
        left_out = {"asked", "settled", "next", *(["attempts"] if self.attempt == 1 else [])}
        evidence = {name: value for name, value in self.evidence().items() if name not in left_out}
        return {"outcome": outcome, **({"notes": notes} if notes else {}), **evidence}

    def in_words(self, attempt: int) -> str:
        how = self.endings.get(str(attempt), "the worker was stopped")
        return f"deleted by us: the answer to attempt {attempt} was lost ({how}), read back as deleted"

    def told(self, outcome: Outcome) -> Outcome:
        """The outcome with its evidence, if it is one that finishes nothing."""
        if not isinstance(outcome, Unfinished):
            return outcome
        self.end_with(outcome)
        return replace(outcome, result=self.evidence())

    def end_with(self, outcome: Unfinished) -> None:
        self.endings = dict([*self.endings.items(), (str(self.attempt), outcome.because)][-KEPT_ENDINGS:])

    def intend(self, what: str, name: str) -> None:
        """Writes down that this thing is about to be deleted. Raises what Call.renew raises."""
        self.asked[self.key(what, name)] = self.attempt
        self.call.renew(self.evidence())

    def answered(self, what: str, name: str) -> None:
        self.asked.pop(self.key(what, name), None)

    def was_ours(self, key: str) -> bool:
        """Whether a thing that is gone was there when an earlier attempt asked for its deletion, and the answer was
        lost."""
        attempt = self.asked.pop(key, None)
        if attempt is not None:
            self.lost.append(attempt)
        return attempt is not None

    def key(self, what: str, name: str) -> str:
        return f"{what} {uuid5(self.call.idempotency_key, name)}"

    def delete(self, what: str, name: str, *, is_there: Callable[[], bool], act: Callable[[], bool]) -> str:
        """Deletes one thing and reads back: "deleted" by us, "already_gone" between reading and acting, or "unknown",
        for a 404 does not say that it was ever there (a key of another instance knows nothing). `act` tells whether
        there was anything to delete. Raises Trouble."""
        if not is_there():
            return "deleted" if self.was_ours(self.key(what, name)) else "unknown"
        self.intend(what, name)
        was_there = act()
        if is_there():
            raise Trouble(Later(f"{self.connector.name} still knows a {what} that it was told to delete"))
        self.answered(what, name)
        return "deleted" if was_there else "already_gone"

    def judge(self, response: httpx.Response) -> None:
        """Notes the reply and lets through only what was done (2xx) or is not there (404), in JSON or without a
        body. Raises Trouble for everything else, so that no SDK has to be asked what it makes of it."""
        response.read()
        self.calls[f"{response.request.method} {response.status_code}"] += 1
        request_id = response.headers.get(self.connector.request_id_header, "")
        if SAFE_CODE.fullmatch(request_id):
            self.request_ids.append(request_id)
        outcome = self.outcome_of(response, request_id)
        if outcome:
            raise Trouble(outcome)

    def outcome_of(self, response: httpx.Response, request_id: str) -> Unfinished | None:
        status = response.status_code
        told = f"{self.connector.name} answered HTTP {status}"
        if not is_json(response):  # a proxy or a login page answered, even if it says 200 or 404
            return Later(f"{told} with something other than JSON", retry_after(response))
        if response.is_success or status == httpx.codes.NOT_FOUND:
            return None
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            because = f"{self.connector.name} refuses the key in {self.connector.key_setting} (HTTP {status})"
            return Waiting(because, REFUSED_KEY_SECONDS)
        if status in RETRY_STATUSES or response.is_server_error or response.is_redirect:
            return Later(told, retry_after(response))
        return Failed(", ".join(filter(None, [told, code_of(response), request_id])))


class ApiConnector(Connector):
    """A connector that calls the processor's API when it has a key, and asks a person otherwise."""

    # In code and not a setting: whoever can change a setting must not be able to send keys and ids elsewhere.
    base_url: ClassVar[str]
    key_setting: ClassVar[str]
    request_id_header: ClassVar[str]
    sdk_errors: ClassVar[tuple[type[Exception], ...]] = ()
    counters: ClassVar[tuple[str, ...]]  # of a step's result: what was done, over all attempts

    def __init__(self) -> None:
        self.quiet_until, self.quiet_because = 0.0, ""

    @property
    def api_key(self) -> str:
        key: str = getattr(settings, self.key_setting)
        return key

    @property
    def mode(self) -> str:
        return "API" if self.api_key else "manual"

    def erase(self, call: Call) -> Outcome:
        """Erases by API. An answer that is not about this person but about us (a refused key, too many calls)
        keeps this process from asking for anyone until its time is over."""
        if not self.api_key:
            return self.manual("erase")
        if (seconds := self.quiet_until - monotonic()) > 0:
            # Spread out, so that not all who wait come back in the same second.
            return Waiting(self.quiet_because, seconds * random.uniform(1, 2))  # noqa: S311  (jitter is no secret)
        exchange = Exchange(self, call)
        return exchange.told(self.attempted(call, exchange))

    def attempted(self, call: Call, exchange: Exchange) -> Outcome:
        if not all(SAFE_ID.fullmatch(value) for values in call.references.values() for value in values):
            return Failed(f"An id on record is none that {self.name} could have given; nothing was sent")
        try:
            with exchange.client:
                return self.erase_by_api(call, exchange)
        except (Trouble, httpx.HTTPError) as error:
            return self.heed(error)
        except self.sdk_errors as error:
            return Later(f"{self.name} answered what its SDK does not understand ({type(error).__name__})")

    def erase_by_api(self, call: Call, exchange: Exchange) -> Outcome:
        """Erases and verifies. May raise Trouble and httpx.HTTPError."""
        raise NotImplementedError

    def heed(self, error: Trouble | httpx.HTTPError) -> Unfinished:
        """The error as an outcome; keeps quiet for as long as the processor asked for."""
        if isinstance(error, httpx.HTTPError):
            return Later(f"{self.name} did not answer ({type(error).__name__})")
        outcome = error.outcome
        if isinstance(outcome, Later | Waiting) and outcome.seconds:
            self.quiet_until, self.quiet_because = monotonic() + outcome.seconds, outcome.because
        return outcome


def is_json(response: httpx.Response) -> bool:
    """Whether the body is JSON; no body will do for a reply that says no more than its status, but not for a 404,
    which must come from the API and not from something in between."""
    if not response.content:
        return response.status_code != httpx.codes.NOT_FOUND
    try:
        json.loads(response.content)
    except ValueError:
        return False
    return True


def retry_after(response: httpx.Response) -> float | None:
    """The seconds that Retry-After asks for, as a number or a date (RFC 9110, 10.2.3); None if it says nothing."""
    value = response.headers.get("retry-after", "").strip()
    try:
        seconds = float(value) if value.isdecimal() else seconds_until(parsedate_to_datetime(value))
    except (TypeError, ValueError):  # TypeError: a date without a zone
        return None
    return min(max(seconds, 1), LONGEST_PAUSE_SECONDS)


def seconds_until(moment: datetime) -> float:
    return (moment - datetime.now(UTC)).total_seconds()


def code_of(response: httpx.Response) -> str:
    """The vendor's error code, never its sentence, which may quote what we sent."""
    match json.loads(response.content or "{}"):
        case {"errors": [{"code": str(code)}, *_]} | {"error": {"code": str(code)}} | {"error": {"type": str(code)}}:
            return code if SAFE_CODE.fullmatch(code) else ""
    return ""
