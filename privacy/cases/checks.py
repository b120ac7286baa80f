"""Every step that a kind of work names has a handler."""

from typing import Any

from django.core.checks import Error, register

from privacy.catalogue import job_kinds
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
