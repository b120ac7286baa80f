"""Variables of the environment that are more than a word: read, checked, and named in words when they are wrong."""

from pathlib import Path

import environ


def number(
    env: environ.Env, problems: list[str], name: str, default: int, what: str, *, least: int = 0, most: int = 10_000
) -> int:
    """A whole number from `least` to `most`; `what` says which ones may be given."""
    text = env.str(name, default=str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        problems.append(f"{name} is {text!r}: {what}.")
        return default
    return int(text)


def absolute_folder(env: environ.Env, problems: list[str], name: str, default: Path) -> Path:
    path = Path(env.str(name, default=str(default)))
    if not path.is_absolute():
        problems.append(f"{name} is {str(path)!r}: name the folder from / on.")
    return path


def addresses(env: environ.Env, problems: list[str], name: str) -> list[str]:
    found = env.list(name, default=[])
    if any("@" not in address.strip("@") for address in found):
        problems.append(f"{name}: addresses with a comma between them, such as dpo@example.com.")
    return found
