"""The package's file on disk: whole and flushed, or not there at all; on request encrypted with age."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyrage  # type: ignore[import-untyped]  # it ships no types

MOST_LETTERS = 200  # of what is pasted for a key


class Output:
    """A file that knows its size and SHA-256. It cannot seek, so that both are known without reading it again."""

    def __init__(self, file: BinaryIO):
        self._file, self._digest, self.size = file, hashlib.sha256(), 0
        self.fault: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            self._file.write(data)
        except OSError as fault:
            self.fault = fault
            raise
        self._digest.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        self._file.flush()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


@contextmanager
def whole_file(path: Path) -> Iterator[Output]:
    """A new file at `path`: written beside it, flushed to the disk, and only then given its name.

    If anything goes wrong nothing is left; after a SIGKILL at most the unfinished file, which the sweep deletes.
    Raises OSError, such as ENOSPC.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.tmp")
    try:
        with open(unfinished, "xb", opener=_for_us_only) as file:
            yield Output(file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        _flush_folder(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


@contextmanager
def encrypted(file: Output, recipient_key: str) -> Iterator[BinaryIO]:
    """A sink whose bytes reach `file` encrypted to the age public key; the plain zip never touches the disk."""
    recipient = pyrage.x25519.Recipient.from_str(recipient_key)
    reading, writing = os.pipe()

    def encrypt() -> None:
        with os.fdopen(reading, "rb") as plain:
            pyrage.encrypt_io(plain, file, [recipient])

    with ThreadPoolExecutor(1) as thread:
        encryption = thread.submit(encrypt)
        try:
            with os.fdopen(writing, "wb") as sink:
                yield sink
        except BrokenPipeError as broken:
            # pyrage tells a full disk as an error of its own, and the pipe tells it as a broken one.
            raise file.fault or encryption.exception() or broken from None
        if fault := encryption.exception():
            raise file.fault or fault


def check_recipient_key(key: str) -> str:
    """The key without the spaces around it. Raises ValueError, in words for the person who pasted it."""
    key = key.strip()
    if len(key) > MOST_LETTERS:
        raise ValueError("This is not an age public key. One starts with age1 and has 62 characters.")
    if key.upper().startswith("AGE-SECRET-KEY-"):
        raise ValueError("This is a secret key: never send it to anyone. The public key starts with age1.")
    try:
        pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError as fault:
        raise ValueError("This is not an age public key. One starts with age1 and has 62 characters.") from fault
    return key


def _for_us_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _flush_folder(folder: Path) -> None:
    """Makes the new name as durable as the bytes (fsync(2): the folder is a file of its own)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
