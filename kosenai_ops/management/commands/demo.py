"""`manage.py demo`: everything running on this machine, with a studio to try it on."""

import os
import signal
import sys
import time

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from kosenai_ops.demo import processes, scenario
from kosenai_ops.demo.requests import ensure_requests
from kosenai_ops.demo.staff import PASSWORD, ensure_staff
from kosenai_ops.demo.studio import ensure_studio

LOGS = settings.VAR_DIR / "logs"


class Command(BaseCommand):
    help = "Runs web server and workers on a studio of invented people; Ctrl-C stops them. Data are kept."

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="Play four deeds through the worker, and exit.")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args, once: bool, port: int, **options):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        if not once and not processes.is_free(port):
            raise CommandError(f"Port {port} is in use. Choose another: make demo ARGS='--port {port + 1}'")
        self.say("Making the database ready…")
        call_command("migrate", verbosity=0)
        self.say("Making staff and a studio of invented people…")
        staff = ensure_staff()
        ensure_studio()
        if once:
            self.play(staff)
        else:
            self.serve(port, staff)

    def say(self, words: str) -> None:
        """At once, also into a pipe."""
        self.stdout.write(words)
        self.stdout.flush()

    def play(self, staff) -> None:
        with processes.running({"work": processes.work()}, LOGS):
            deeds = []
            self.stdout.write(f"{'':2}{'what':28}{'expected':12}{'got':22}{'seconds':>8}  rows and files")
            for deed in scenario.play(staff):
                deeds.append(deed)
                mark = "ok" if deed.as_expected else "NO"
                self.stdout.write(
                    f"{mark:3}{deed.what:28}{deed.expected:12}{deed.got:22}{deed.seconds:7.2f}  {deed.detail}"
                )
        if not all(deed.as_expected for deed in deeds):
            self.stderr.write(f"Something came out differently. The workers' log: {LOGS / 'work.log'}")
            sys.exit(1)

    def serve(self, port: int, staff) -> None:
        commands = {"work": processes.work(), "web": processes.web(port)}
        os.environ.setdefault("SITE_URL", f"http://127.0.0.1:{port}")  # where the links of its mail lead
        with processes.running(commands, LOGS) as running:
            self.say("Starting web server and workers…")
            processes.wait_until_it_answers(f"http://127.0.0.1:{port}/healthz", running)
            self.say("Asking for something of everything; the workers do the rest…")
            ensure_requests(staff)
            self.stdout.write(f"\n  Kosenai Ops is on http://127.0.0.1:{port}/admin/\n")
            for name in staff:
                self.stdout.write(f"    {name:10} password {PASSWORD}")
            self.say("\n  The demo asks for no second factor and speaks plain HTTP. Ctrl-C stops it; data are kept.\n")
            while not (name := processes.died(running)):
                time.sleep(1)
            self.stderr.write(f"The {name} process ended. Its log: {LOGS / name}.log")
            sys.exit(1)
