import pytest

from tests.kosenai_ops import production


def start(var_dir, **changes):
    return production.run("-c", "import kosenai_ops.settings", env=production.environment(var_dir, **changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing, too short or too simple"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is missing, too short or too simple"),
        ({"SECRET_KEY": "x" * 60}, "SECRET_KEY is missing, too short or too simple"),
        ({"LEDGER_KEY": "short"}, "LEDGER_KEY is missing, too short or too simple"),
        ({"LEDGER_KEY": production.KEYS["SECRET_KEY"]}, "LEDGER_KEY is the same as SECRET_KEY"),
        ({"DEBUG": "perhaps"}, "DEBUG is 'perhaps': write true or false."),
        ({"DEMO": "2"}, "DEMO is '2': write true or false."),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS contains '*'"),
        ({"CSRF_TRUSTED_ORIGINS": "ops.example.com"}, "is not an origin such as https://"),
        ({"DATABASE_URL": "mysql://root@localhost/x"}, "DATABASE_URL: only sqlite:///file and postgres://"),
        ({"DATABASE_URL": "kosenai.sqlite3"}, "DATABASE_URL: only sqlite:///file and postgres://"),
        ({"DATABASE_URL": "postgres://user@host"}, "DATABASE_URL names no database"),
        ({"CELERY_BROKER_URL": "memory://"}, "CELERY_BROKER_URL: only filesystem://, redis"),
        ({"VAR_DIR": "/dev/null/x"}, "VAR_DIR: the folder /dev/null/x cannot be made"),
    ],
)
def test_a_wrong_variable_stops_the_start_with_a_sentence(tmp_path, changes, sentence):
    outcome = start(tmp_path, **changes)
    assert outcome.returncode == 1
    assert sentence in outcome.stderr


def test_all_wrong_variables_are_named_at_once(tmp_path):
    outcome = start(tmp_path, SECRET_KEY="", LEDGER_KEY="", DEBUG="perhaps")
    assert [name in outcome.stderr for name in ("SECRET_KEY is", "LEDGER_KEY is", "DEBUG is")] == [True] * 3


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


def test_the_demo_makes_its_own_keys_and_keeps_them(tmp_path):
    code = "from kosenai_ops import settings; print(settings.SECRET_KEY, settings.LEDGER_KEY)"
    environment = production.environment(tmp_path, DEMO="true", SECRET_KEY="", LEDGER_KEY="")
    first, second = (production.run("-c", code, env=environment).stdout.split() for _ in range(2))
    assert first == second
    assert len(set(first)) == 2
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "demo-keys").iterdir()} == {0o600}


def test_the_demo_relaxes_only_what_is_listed(tmp_path):
    names = """
        DEBUG SESSION_COOKIE_HTTPONLY CSRF_COOKIE_HTTPONLY SESSION_COOKIE_AGE SESSION_ABSOLUTE_AGE X_FRAME_OPTIONS
        CONTENT_SECURITY_POLICY AUTHENTICATION_BACKENDS AUTH_PASSWORD_VALIDATORS MIDDLEWARE ALLOWED_HOSTS
        SECURE_REFERRER_POLICY AXES_FAILURE_LIMIT UPLOAD_MAX_SIZE LOGGING
    """.split()
    code = f"from kosenai_ops import settings; print([getattr(settings, n) for n in {names}])"
    demo, live = (
        production.run("-c", code, env=production.environment(tmp_path, DEMO=demo)) for demo in ("true", "false")
    )
    assert live.returncode == 0, live.stderr
    assert demo.stdout == live.stdout
