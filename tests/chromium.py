"""One Chromium for all the tests of a browser that follow one another: to start and end one takes as long as many of
them. Playwright's event loop runs as long, so it ends before the next test of another sort."""

import os
from contextlib import ExitStack

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_running: list = []
_ends = ExitStack()


def running(executable: str):
    """The browser, started if need be."""
    if not _running:
        from playwright.sync_api import sync_playwright

        playwright = _ends.enter_context(sync_playwright())
        # Playwright's loop makes Django take this thread for an asynchronous one.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        _ends.callback(os.environ.pop, "DJANGO_ALLOW_ASYNC_UNSAFE")
        _running.append(playwright.chromium.launch(executable_path=executable, args=CHROMIUM_OPTIONS))
        _ends.callback(lambda: _running.pop().close())
    return _running[0]


def end() -> None:
    _ends.close()
