"""Each processor as a fake on a real socket, with the connector pointed at it and a key that it accepts."""

import uuid
from contextlib import contextmanager

import httpx
import pytest

from billing.connectors import Stripe
from privacy.connectors import api
from privacy.connectors.base import Call, connectors
from privacy.connectors.clerk import Clerk
from privacy.connectors.openai import OpenAI
from tests.fakes.clerk import EXAMPLES, FakeClerk
from tests.fakes.contract import CLERK, OPENAI
from tests.fakes.openai import FakeOpenAI
from tests.fakes.stripe import FIXTURES, FakeStripe


@contextmanager
def connected(fake, connector, path, settings, monkeypatch):
    """A new connector, so that what one test has made it heed does not keep it quiet in the next."""
    with fake:
        monkeypatch.setattr(connector, "base_url", fake.url + path)
        monkeypatch.setitem(connectors, connector.key, connector())
        setattr(settings, connector.key_setting, fake.key)
        yield fake
    assert fake.breaches == []


@pytest.fixture
def shared(unavailable):
    """Call it with the files that a test reads in place."""

    def needs(*files):
        for file in files:
            if not file.exists():
                unavailable(f"{file.name} is not on this machine")

    return needs


@pytest.fixture
def clerk(shared, settings, monkeypatch):
    shared(CLERK, EXAMPLES)
    with connected(FakeClerk("user_1", "user_2"), Clerk, "/v1", settings, monkeypatch) as fake:
        yield fake


@pytest.fixture
def openai(shared, settings, monkeypatch):
    shared(OPENAI)
    with connected(FakeOpenAI("resp_1", "resp_2", "resp_3"), OpenAI, "/v1", settings, monkeypatch) as fake:
        yield fake


@pytest.fixture
def stripe(shared, settings, monkeypatch):
    shared(FIXTURES)
    with connected(FakeStripe(), Stripe, "", settings, monkeypatch) as fake:
        yield fake


@pytest.fixture
def impatient(monkeypatch):
    """Calls in `with impatient():` wait for a second only. The others wait as ever: the machine may be busy."""

    @contextmanager
    def within():
        with monkeypatch.context() as patch:
            patch.setattr(api, "TIMEOUT", httpx.Timeout(1))
            yield

    return within


@pytest.fixture
def call():
    """Call it with references: what the engine would hand to a connector."""
    key = uuid.uuid4()

    def made(result=None, renew=lambda result=None: None, **references):
        return Call(references, key, renew, result or {})

    return made
