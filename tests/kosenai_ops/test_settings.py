import re
import runpy

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.kosenai_ops import production


@pytest.fixture
def settings_with(tmp_path, monkeypatch):
    """Reads the settings file as a start with these variables would; its names and values."""

    def read(**changes) -> dict:
        for name, value in production.environment(tmp_path, **changes).items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(production.ROOT / "kosenai_ops" / "settings.py")

    return read


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing, too short or too simple"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is missing, too short or too simple"),
        ({"SECRET_KEY": "x" * 60}, "SECRET_KEY is missing, too short or too simple"),
        ({"LEDGER_KEY": "short"}, "LEDGER_KEY is missing, too short or too simple"),
        ({"LEDGER_KEY": production.KEYS["SECRET_KEY"]}, "LEDGER_KEY is the same as SECRET_KEY"),
        ({"LEDGER_KEY": ""}, "LEDGER_KEYS is missing: `manage.py make_keys` prints one."),
        ({"SEALING_KEYS": "1:short"}, "SEALING_KEYS, the key '1' is missing, too short or too simple"),
        ({"PSEUDONYM_KEYS": f"1:{'ab9x' * 12},1:{'cd8y' * 12}"}, "PSEUDONYM_KEYS names two keys alike"),
        ({"DEBUG": "perhaps"}, "DEBUG is 'perhaps': write true or false."),
        ({"DEMO": "2"}, "DEMO is '2': write true or false."),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS contains '*'"),
        ({"CSRF_TRUSTED_ORIGINS": "ops.example.com"}, "is not an origin such as https://"),
        ({"DATABASE_URL": "mysql://root@localhost/x"}, "DATABASE_URL: only sqlite:///file and postgres://"),
        ({"DATABASE_URL": "kosenai.sqlite3"}, "DATABASE_URL: only sqlite:///file and postgres://"),
        ({"DATABASE_URL": "postgres://user@host"}, "DATABASE_URL names no database"),
        ({"CELERY_BROKER_URL": "memory://"}, "CELERY_BROKER_URL: only filesystem://, redis"),
        ({"HEALTH_TOKEN": "short"}, "HEALTH_TOKEN is too short"),
        ({"EMAIL_URL": "https://mail.example"}, "EMAIL_URL: only smtp"),
        ({"EMAIL_URL": "smtp+tls://ops:secret@mail.example:587"}, "EMAIL_FROM is missing"),
        ({"BACKUP_DAYS": "a month"}, "BACKUP_DAYS is 'a month': a number of days"),
        ({"BACKUP_DAYS": "-1"}, "BACKUP_DAYS is '-1': a number of days"),
        ({"GRACE_DAYS": "15"}, "GRACE_DAYS is '15': a number of days from 0 to 14"),
        ({"CASES_KEPT_YEARS": "1"}, "CASES_KEPT_YEARS is '1': a number of years, 2 at least"),
        ({"SMALLEST_FIGURE": "1"}, "SMALLEST_FIGURE is '1': a number of people"),
        ({"ROOTS_FOLDER": "roots"}, "ROOTS_FOLDER is 'roots': name the folder from / on"),
        ({"ROOTS_MAIL_TO": "dpo"}, "ROOTS_MAIL_TO: addresses with a comma"),
        ({"VAR_DIR": "/dev/null/x"}, "VAR_DIR: the folder /dev/null/x cannot be made"),
    ],
)
def test_a_wrong_variable_stops_the_start_with_a_sentence(settings_with, changes, sentence):
    with pytest.raises(ImproperlyConfigured, match=re.escape(sentence)):
        settings_with(**changes)


def test_all_wrong_variables_are_named_at_once(settings_with):
    with pytest.raises(ImproperlyConfigured) as refusal:
        settings_with(SECRET_KEY="", LEDGER_KEY="", DEBUG="perhaps")
    assert [line.split()[0] for line in str(refusal.value).splitlines()[1:]] == [
        "DEBUG", "SECRET_KEY", "LEDGER_KEYS", "PSEUDONYM_KEYS", "SEALING_KEYS",
    ]  # fmt: skip


def test_the_command_line_says_it_without_a_traceback(tmp_path):
    outcome = production.run("manage.py", "check", env=production.environment(tmp_path, SECRET_KEY=""))
    assert outcome.returncode == 1
    assert "SECRET_KEY is missing" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_production_passes_djangos_deployment_check_without_a_warning(tmp_path):
    environment = production.environment(tmp_path, BEHIND_PROXY="true")
    outcome = production.run("manage.py", "check", "--deploy", "--fail-level", "WARNING", env=environment)
    assert outcome.returncode == 0, outcome.stderr
    assert "no issues" in outcome.stdout + outcome.stderr


def test_the_demo_makes_its_own_keys_and_keeps_them(settings_with, tmp_path):
    first, second = (settings_with(DEMO="true", SECRET_KEY="", LEDGER_KEY="") for _ in range(2))
    assert [first["SECRET_KEY"], first["LEDGER_KEY"]] == [second["SECRET_KEY"], second["LEDGER_KEY"]]
    assert first["SECRET_KEY"] != first["LEDGER_KEY"]
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "demo-keys").iterdir()} == {0o600}


def test_the_demo_relaxes_only_what_is_listed(settings_with):
    live, demo = settings_with(), settings_with(DEMO="true")
    assert {name for name in live.keys() | demo.keys() if name.isupper() and live.get(name) != demo.get(name)} == {
        "DEMO",
        # https: the browser and the server are the same machine
        "HTTPS",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "SECURE_HSTS_PRELOAD",
        "SESSION_COOKIE_SECURE",
        "SESSION_COOKIE_NAME",
        "CSRF_COOKIE_SECURE",
        "CSRF_COOKIE_NAME",
        # no authenticator app to set up before the first look
        "SECOND_FACTOR_COMPULSORY",
        "REAUTHENTICATE_BEFORE_APPROVAL",
        # a role that decides acts at once where nobody could confirm it: one person looks at the demo
        "APPROVER_WAIT",
        # mail goes into a folder, and its links lead to this machine
        "EMAIL_URL",
        "EMAIL_BACKEND",
        "EMAIL_FILE_PATH",
        "SITE_URL",
        # nothing to collect
        "WHITENOISE_USE_FINDERS",
        "STORAGES",
    }


def test_postgresql_connections_are_kept_and_checked(settings_with):
    database = settings_with(DATABASE_URL="postgres://ops:secret@db.internal:5433/ops")["DATABASES"]["default"]
    assert (database["NAME"], database["PORT"], database["CONN_HEALTH_CHECKS"]) == ("ops", 5433, True)


def test_the_proxys_word_counts_only_when_asked(settings_with):
    assert "SECURE_PROXY_SSL_HEADER" not in settings_with()
    assert settings_with(BEHIND_PROXY="true")["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
