"""Clerk: sign-in. Deletes the user and reads back that it is gone."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from clerk_backend_api import Clerk as ClerkSDK
from clerk_backend_api import models as clerk_models
from clerk_backend_api._version import __openapi_doc_version__ as API_VERSION
from clerk_backend_api.security import AuthenticateRequestOptions, AuthStatus, authenticate_request
from clerk_backend_api.utils import BackoffStrategy, RetryConfig
from django.conf import settings
from django.db.models import Value

from privacy.connectors.api import ApiConnector, Exchange
from privacy.connectors.base import Call, Names, register
from privacy.jobs.outcomes import Done, Failed
from privacy.models import Identifier

# The SDK's own default repeats a 5xx for up to an hour, inside one call.
NO_RETRIES = RetryConfig("none", BackoffStrategy(0, 0, 1, 0), retry_connection_errors=False)


@register
class Clerk(ApiConnector):
    """https://clerk.com/docs/reference/backend-api: DELETE /users/{id}, which needs no idempotency key: the second
    one answers 404. So does every one under the key of another instance, therefore each follows a read, and a user
    whom Clerk never knew is for a person to look at. The key is an instance's secret key."""

    key = "clerk"
    name = "Clerk"
    console = "https://dashboard.clerk.com"
    instructions = (
        "Choose the application and its production instance, open Users, and look up each user id. In the menu of the "
        "user’s row choose Delete user."
    )  # clerk.com/docs/users/deleting-users
    corrections = (
        "Choose the application and its production instance, open Users, and look up each user id. On the user’s page "
        "edit the name and the e-mail addresses."
    )
    base_url = "https://api.clerk.com/v1"
    key_setting = "CLERK_SECRET_KEY"
    request_id_header = "x-clerk-trace-id"
    sdk_errors = (clerk_models.ClerkBaseError,)
    counters = ("users_deleted", "users_already_gone", "users_unknown")

    def names_of(self, accounts: Sequence[UUID]) -> Iterable[Names]:
        users = Identifier.objects.filter(subject__in=accounts, kind=Identifier.Kind.CLERK)
        yield users.order_by().values_list("subject", Value("user_id"), "value")

    def erase_by_api(self, call: Call, exchange: Exchange) -> Done | Failed:
        with ClerkSDK(
            bearer_auth=self.api_key, client=exchange.client, server_url=self.base_url, retry_config=NO_RETRIES
        ) as clerk:
            # First, whether the key opens anything. Which instance it was stands in the evidence.
            environment = clerk.instance_settings.get().environment_type
            exchange.facts = {"environment": environment, "api_version": API_VERSION}
            exchange.tally["users_unknown"] = 0  # they are asked for anew, perhaps under another key
            for user_id in call.references["user_id"]:
                self.delete(clerk, user_id, exchange)
        if unknown := exchange.tally["users_unknown"]:
            return Failed(
                f"Clerk does not know {unknown} of the {len(call.references['user_id'])} users on record, and the key "
                f"is that of its {environment} instance. Look the person up in Clerk: with the right key try again; "
                "if nobody is there, attest that"
            )
        return Done(exchange.final("erased"))

    def delete(self, clerk: ClerkSDK, user_id: str, exchange: Exchange) -> None:
        """Deletes one user and counts what came of it. Raises Trouble."""
        key = exchange.key("user", user_id)
        if key in exchange.settled:
            return
        fate = exchange.delete(
            "user",
            user_id,
            is_there=lambda: not is_missing(lambda: clerk.users.get(user_id=user_id)),
            act=lambda: not is_missing(lambda: clerk.users.delete(user_id=user_id)),
        )
        exchange.tally[f"users_{fate}"] += 1
        if fate != "unknown":
            exchange.settled.append(key)


def is_missing(ask: Callable[[], object]) -> bool:
    """Whether Clerk answers 404. Other errors of the SDK than that are replies of success which it cannot read."""
    try:
        ask()
    except clerk_models.ClerkBaseError as error:
        return error.status_code == 404
    return False


# --- Whose session it is ----------------------------------------------------------------------------------------------

FRESH = timedelta(minutes=5)  # Clerk's own tokens live for one


@dataclass(frozen=True)
class Bearer:
    """What the vendor's library takes for a request."""

    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def reads_sessions() -> bool:
    """Whether both are there: the public key, by which no call is made while somebody waits (with the secret key alone
    the library fetches it, up to ten times without an end), and the origins whose tokens count, without which a token
    of any application of the instance would do."""
    return bool(settings.CLERK_JWT_KEY and settings.CLERK_AUTHORIZED_PARTIES)


def user_of_session(token: str) -> str:
    """Clerk's id of whoever is signed in by this session token; empty for one that is forged, expired, of another
    origin or of another kind. The library takes tokens that never end, of a sign-in that is not finished yet (`sts`),
    of a member of staff who plays the user (`act`), and of a template (no `sid`); none of these is the person."""
    if not reads_sessions() or not token.isascii() or len(token) > 8192:
        return ""
    state = authenticate_request(
        Bearer(token),
        AuthenticateRequestOptions(
            jwt_key=settings.CLERK_JWT_KEY,
            authorized_parties=settings.CLERK_AUTHORIZED_PARTIES,
            accepts_token=["session_token"],
        ),
    )
    claims = state.payload or {}
    if state.status != AuthStatus.SIGNED_IN or not {"sub", "sid", "exp", "iat"} <= claims.keys():
        return ""
    if "act" in claims or claims.get("sts", "active") != "active" or not _is_fresh(claims["iat"]):
        return ""
    return str(claims["sub"])


def _is_fresh(issued: object) -> bool:
    return isinstance(issued, int | float) and datetime.now(UTC).timestamp() - issued < FRESH.total_seconds()
