#!/usr/bin/env python
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kosenai_ops.settings")
    if sys.argv[1:2] == ["demo"]:
        os.environ["DEMO"] = "true"  # before the settings are read: what it relaxes stands there
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        import kosenai_ops.settings  # noqa: F401  (Django reads it late, and shows what is wrong under a traceback)
    except ImproperlyConfigured as problem:
        sys.exit(str(problem))
    execute_from_command_line(sys.argv)
