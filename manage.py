#!/usr/bin/env python
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kosenai_ops.settings")
    if sys.argv[1:2] == ["demo"]:
        os.environ["DEMO"] = "true"  # before the settings are read: what it relaxes stands there
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
