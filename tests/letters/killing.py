"""Kills workers with SIGKILL at every failpoint on the way of a letter, and counts what a real mail server was given.

A process of its own, started by test_kills.py: it forks, which wants a single thread. Each round writes letters about
new cases; a worker dies at its n-th failpoint; then leases run out, and another goes on to the end. What may have gone
out waits for a person, who looks into the mailbox and says what is so.

Prints a JSON object: {"kills", "points": {failpoint: kills there}, "in doubt", "wrong": [what]}.
"""

import json
import mailbox
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kosenai_ops.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Q  # noqa: E402

from privacy.cases import letters  # noqa: E402
from privacy.cases.requests import ask  # noqa: E402
from privacy.jobs import failpoints  # noqa: E402
from privacy.jobs import run as engine  # noqa: E402
from privacy.models import Job, Letter, Staff  # noqa: E402
from privacy.selectors.letters import is_in_doubt  # noqa: E402
from tests import factories as f  # noqa: E402
from tests import working  # noqa: E402

SET = 3


class Strike:
    def __init__(self, n: int, note: Path):
        self.left, self.note = n, note

    def __call__(self, name: str) -> None:
        self.left -= 1
        if self.left == 0:
            self.note.write_text(name)
            os.kill(os.getpid(), signal.SIGKILL)


def serve(folder: Path) -> subprocess.Popen:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}"]
    server = subprocess.Popen([*command, "-c", "aiosmtpd.handlers.Mailbox", str(folder)])
    ends = monotonic() + 20
    while monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return server
        except OSError:
            sleep(0.1)
    raise SystemExit("no mail server")


def write(agent: Staff, number: int) -> list[Letter]:
    people = [f.DataSubjectFactory() for _ in range(SET)]
    for place, person in enumerate(people):
        f.IdentifierFactory(subject=person, kind="email", value=f"p{number}-{place}@example.org")
    ids = [person.pk for person in people]
    cases = ask("question", subject_ids=ids[:1], actor=agent, reason="Asked by mail")
    cases += [ask("question", subject_ids=[pk], actor=agent, reason="Asked by mail")[0] for pk in ids[1:]]
    return [letters.write(request_id=case.pk, actor=agent, key="acknowledgement") for case in cases]


def of(written: list[Letter]) -> Q:
    return Q(pk__in=[letter.pk for letter in written])


def drive(written: list[Letter]) -> None:
    while engine.run(of(written)):
        pass


def dies_at(n: int, written: list[Letter], note: Path) -> bool:
    """Whether a worker died before everything was done."""
    connection.close()
    pid = os.fork()
    if pid == 0:
        failpoints.strike = Strike(n, note)
        drive(written)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def wrong_with(letter: Letter, delivered: Counter, agent: Staff, doubts: list) -> str:
    """What is not as it must be, after a person has said what the mailbox shows."""
    letter.refresh_from_db()
    times = delivered[letter.message_id]
    if letter.is_open and is_in_doubt(letter):
        doubts.append(letter.pk)
        letters.say_whether_sent(letter_id=letter.pk, actor=agent, has_gone_out=bool(times))
        drive([letter])
        letter.refresh_from_db()
        return "" if letter.state == "sent" else f"after it was looked at it is {letter.state}"
    return "" if (letter.state, times) == ("sent", 1) else f"it is {letter.state}, and was delivered {times} times"


def delivered_to(folder: Path) -> Counter:
    return Counter(mail["Message-ID"] for mail in mailbox.Maildir(folder))


def main(every: int) -> dict:
    agent = f.StaffFactory(role="agent")
    points, doubts, wrong = Counter(), [], []
    with TemporaryDirectory() as folder:
        place, note = Path(folder, "mail"), Path(folder, "struck")
        server = serve(place)
        try:
            for n in count(1, every):
                written = write(agent, n)
                if not dies_at(n, written, note):
                    break
                points[note.read_text()] += 1
                working.let_time_pass(of(written))
                drive(written)
                found = [wrong_with(letter, delivered_to(place), agent, doubts) for letter in written]
                wrong += [f"{note.read_text()}: {text}" for text in found if text]
            wrong += [f"{name} came {times} times" for name, times in delivered_to(place).items() if times > 1]
            wrong += ["a job is left open"] * Job.objects.filter(kind="letter", ended_at=None).exists()
        finally:
            server.terminate()
    return {"kills": points.total(), "points": points, "in doubt": len(doubts), "wrong": wrong}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))))
