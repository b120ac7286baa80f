#!/usr/bin/env python
import os
import signal
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kosenai_ops.settings")
    if sys.argv[1:2] == ["demo"]:
        begin_demo()
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        import kosenai_ops.settings  # noqa: F401  (Django reads it late, and shows what is wrong under a traceback)
    except ImproperlyConfigured as problem:
        sys.exit(str(problem))
    execute_from_command_line(sys.argv)


def begin_demo() -> None:
    """Before Django is there, which takes seconds: what it is, and that it can be stopped."""
    # A shell that starts it in the background lets it ignore Ctrl-C's signal: mended before Ctrl-C is offered.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["DEMO"] = "true"  # before the settings are read: what it relaxes stands there
    sys.stdout.write(
        "Kosenai Ops, a demo on this machine only: web server and workers, with a studio of invented people and "
        "requests in every state. Ctrl-C stops it.\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped. What there is, is kept for the next start.")
