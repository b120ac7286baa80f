"""Steps in the words of the people who read them; the ledger keeps the short names of the code."""

from django.apps import apps

from privacy.connectors.base import connectors
from privacy.models import FulfilmentStep

NAMES = {
    "files": "Delete the files",
    "rows": "Erase the database rows",
    "folders": "Delete the folders",
    "vacuum": "Free the deleted rows’ room in the database",
    "receipt": "Write the receipt",
    "package": "Build the package",
    "hold_place": "Put the hold in force",
    "hold_release": "Release the hold",
    "child_flag": "Freeze the account",
    "child_clear": "Unfreeze the account",
}


def name_of(step: FulfilmentStep) -> str:
    if step.handler == "processor":
        return f"Erasure at {processor_name(step.target)}"
    if step.handler == "slices":
        return f"Erase the {model_name(step.target).lower()}"
    return NAMES.get(step.handler, str(step).capitalize())


def outcome_of(step: FulfilmentStep) -> str:
    """What a processor's step came to, such as `Attested`, or has come to so far."""
    if step.handler != "processor" or not isinstance(step.result, dict):
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
    return "; ".join([f"So far: {_many(result['attempts'], 'attempt')}, {_many(calls, 'call')}", *counted])


def processor_name(key: str) -> str:
    return connectors[key].name if key in connectors else key


def model_name(label: str) -> str:
    """`Usage events` for privacy.UsageEvent; the label itself for a table that is no model any more."""
    try:
        return str(apps.get_model(label)._meta.verbose_name_plural).capitalize()
    except (LookupError, ValueError):
        return label


def _many(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
