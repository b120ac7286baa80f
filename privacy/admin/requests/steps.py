"""Steps in the words of the people who read them; their rows keep the short names of the code."""

from functools import cache

from privacy.admin.names import many, model_name, processor_name
from privacy.catalogue import job_kinds
from privacy.connectors.base import connectors
from privacy.models import Step
from privacy.selectors.processors import OF_A_PROCESSOR


@cache
def labels() -> dict[str, str]:
    """{name of a step: what staff read}; asked once every kind is registered."""
    return {step.name: step.label for kind in job_kinds.values() for step in kind.steps}


def name_of(step: Step) -> str:
    return named(step.name, step.target)


def named(name: str, target: str) -> str:
    label = labels().get(name, f"{name} {target}".strip().capitalize())
    return label.format(target=processor_name(target) if target in connectors else model_name(target).lower())


def outcome_of(step: Step) -> str:
    """What a processor's step came to, such as `Attested`, or has come to so far."""
    if not step.name.startswith(OF_A_PROCESSOR) or not isinstance(step.result, dict):
        return ""
    return told(step.result) or so_far(step.result)


def told(result: dict) -> str:
    """The outcome, and what there is to know about it."""
    words = [str(result.get("outcome", "")), *map(str, result.get("notes", []))]
    return ". ".join(text[:1].upper() + text[1:] for text in words if text)


def so_far(result: dict) -> str:
    """`So far: 2 attempts, 7 calls; users deleted: 1`."""
    if "attempts" not in result:
        return ""
    calls = sum(result.get("calls", {}).values())
    counted = [
        f"{name.replace('_', ' ')}: {number:,}"
        for name, number in result.items()
        if name != "attempts" and type(number) is int and number
    ]
    return "; ".join([f"So far: {many(result['attempts'], 'attempt')}, {many(calls, 'call')}", *counted])


def told_of(result: dict) -> str:
    """`rows: 1; field: full name` of a result that is counts and names of rules."""
    plain = {name: value for name, value in result.items() if isinstance(value, str | int)}
    return "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in plain.items())
