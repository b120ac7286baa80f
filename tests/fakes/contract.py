"""The vendors' own descriptions of their APIs: each call to a fake and each of its replies goes through them."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import yaml
from django.conf import settings
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.responses.exceptions import ResponseNotFound
from openapi_core.testing import MockRequest, MockResponse
from openapi_core.validation.request.exceptions import SecurityValidationError

from tests.fakes.server import Asked, Reply

SHARED = Path(settings.BASE_DIR).parent / "shared" / "data"
CLERK = SHARED / "clerk-bapi" / "2026-05-12.yml"
OPENAI = SHARED / "openai-api" / "openai.yaml"
# True of every call, and described for some of them only.
NOT_WRITTEN_DOWN = {401, 404}


@cache
def described(file: Path) -> dict:
    return yaml.load(file.read_text(), Loader=yaml.CSafeLoader)


@cache
def contract(file: Path, host: str, paths: tuple[str, ...]) -> Callable[[Asked, Reply], list[str]]:
    """A check of the calls to these paths, which returns the breaches as sentences."""
    description = described(file) | {"paths": {path: described(file)["paths"][path] for path in paths}}
    # The description itself is the vendor's business; to check it takes longer than all tests together.
    openapi = OpenAPI.from_dict(description, config=Config(spec_validator_cls=None))

    def breaches(asked: Asked, reply: Reply) -> list[str]:
        request = MockRequest(host, asked.method.lower(), asked.path, args=asked.query, headers=asked.headers)
        found = []
        for check, arguments in [
            (openapi.validate_request, (request,)),
            (openapi.validate_response, (request, MockResponse(reply.raw, reply.status))),
        ]:
            try:
                check(*arguments)
            except (ResponseNotFound, SecurityValidationError):
                if reply.status not in NOT_WRITTEN_DOWN:
                    found.append(f"{asked.method} {asked.path} {reply.status}")
            except OpenAPIError as error:
                found.append(f"{asked.method} {asked.path} {reply.status}: {error!r} {error.__cause__!r}")
        return found

    return breaches
