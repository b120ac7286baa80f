"""Every step that a kind of work names has a handler, and every handler is of a step that some kind names."""

from django.core.checks import Error, register

from privacy.catalogue import job_kinds
from privacy.jobs.handlers import local_handlers, remote_handlers


def steps_without_handlers() -> set[str]:
    return (
        {step.name for kind in job_kinds.values() for step in kind.steps}
        - local_handlers.keys()
        - remote_handlers.keys()
    )


def handlers_without_steps() -> set[str]:
    named = {step.name for kind in job_kinds.values() for step in kind.steps}
    return {*local_handlers, *remote_handlers} - named


@register("jobs")
def check_steps(app_configs, **kwargs) -> list[Error]:
    """A step that nobody can do would wait for ever; a handler that no plan names is forgotten code."""
    lost = [f"No handler is registered for the step {name!r} that a plan names." for name in steps_without_handlers()]
    idle = [f"The handler {name!r} is of no step that a plan names." for name in handlers_without_steps()]
    return [Error(text, id=id) for id, texts in (("jobs.E001", lost), ("jobs.E002", idle)) for text in sorted(texts)]
