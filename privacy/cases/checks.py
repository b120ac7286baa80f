"""Every step that a kind of work names has a handler, and every decision that takes two has somebody who may."""

from typing import Any

from django.core.checks import Error, register

from privacy.catalogue import case_kinds, job_kinds
from privacy.jobs.handlers import local_handlers, remote_handlers


def steps_without_handlers() -> set[str]:
    named = {step.name for kind in job_kinds.values() for step in kind.steps}
    return named - local_handlers.keys() - remote_handlers.keys()


@register("jobs")
def check_steps(app_configs: Any, **kwargs: Any) -> list[Error]:
    """A step that nobody can do would wait for ever."""
    return [
        Error(f"No handler is registered for the step {name!r} that a plan names.", id="jobs.E001")
        for name in sorted(steps_without_handlers())
    ]


@register("jobs")
def check_decisions(app_configs: Any, **kwargs: Any) -> list[Error]:
    """A case that nobody may decide would wait for ever, and so would one that nobody may deny."""
    return [
        Error(f"{kind.label} waits for a second person, and its `may` names none who may {act}.", id="cases.E001")
        for kind in case_kinds.values()
        for act in ("decide", "deny")
        if kind.deciders == 2 and getattr(kind.may, act) is None
    ]
