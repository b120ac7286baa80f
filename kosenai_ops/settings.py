"""Every setting, and every variable of the environment, read once.

A variable that is missing or wrong stops the start with a sentence a line, all of them at once.
The variables and their defaults stand in the README (Settings).
"""

import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from kosenai_ops import log_config, looks, variables

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")
problems: list[str] = []


def switch(name: str) -> bool:
    """A variable that is on or off, and off unless set. Other words than these are refused, not taken for off."""
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    word = env.str(name, default="").strip().lower() or "off"
    if word not in words:
        problems.append(f"{name} is {word!r}: write true or false.")
    return words.get(word, False)


def folder(path: Path) -> Path:
    """The folder, made if need be: SQLite and Celery's filesystem transport expect theirs to exist."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        problems.append(f"VAR_DIR: the folder {path} cannot be made ({fault.strerror}).")
    return path


DEBUG = switch("DEBUG")
DEMO = switch("DEMO")
BEHIND_PROXY = switch("BEHIND_PROXY")
VAR_DIR = folder(Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve())


def key(name: str, *, length: int, why: str) -> str:
    """A secret of at least `length` characters. The demo makes its own and keeps it, so that its data stay readable."""
    value = env.str(name, default="") or (demo_key(name) if DEMO else "")
    if len(value) < length or len(set(value)) < 5:
        problems.append(f"{name} is missing, too short or too simple: give it {length} random characters. {why}")
    return value


def demo_key(name: str) -> str:
    file = folder(VAR_DIR / "demo-keys") / name
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text()


def old_demo_key(name: str) -> str:
    """A key that a demo of before has made."""
    file = VAR_DIR / "demo-keys" / name
    return file.read_text() if file.exists() else ""


SECRET_KEY = key("SECRET_KEY", length=50, why="It signs the sessions.")


def keyring(purpose: str, *, why: str) -> list[tuple[str, str]]:
    """[(id, secret)] of a variable such as LEDGER_KEYS, the current key first: `2026-11:secret,2025-01:secret`. The
    demo makes its own. LEDGER_KEY, which did it all before keys had ids, is the last one wherever it is set."""
    name = f"{purpose.upper()}_KEYS"
    made = f"demo:{demo_key(name)}" if DEMO and not LEDGER_KEY else ""
    pairs = [part.strip().partition(":") for part in (env.str(name, default="") or made).split(",") if part.strip()]
    found = [(id, secret) for id, _, secret in pairs] + ([("", LEDGER_KEY)] if LEDGER_KEY else [])
    if not found:
        problems.append(f"{name} is missing: `manage.py make_keys` prints one. {why}")
    if len({id for id, _ in found}) < len(found):
        problems.append(f"{name} names two keys alike: give each an id of its own.")
    for id, secret in found:
        check_key(f"{name}, the key {id!r}" if id else "LEDGER_KEY", secret)
    return found


def check_key(name: str, secret: str) -> None:
    """They outlive SECRET_KEY, so none of them may be it."""
    if len(secret) < 32 or len(set(secret)) < 5:
        problems.append(f"{name} is missing, too short or too simple: give it 32 random characters.")
    elif secret == SECRET_KEY:
        problems.append(f"{name} is the same as SECRET_KEY: it must stay when SECRET_KEY is changed, so make another.")


LEDGER_KEY = env.str("LEDGER_KEY", default="") or (old_demo_key("LEDGER_KEY") if DEMO else "")
KEYS = {
    "ledger": keyring("ledger", why="It recognises erased people, who could come back without it."),
    "pseudonym": keyring("pseudonym", why="It names people in the evidence."),
    "sealing": keyring("sealing", why="It seals processors' ids until they have answered."),
}
problems[:] = dict.fromkeys(problems)  # LEDGER_KEY may be of all three
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
if "*" in ALLOWED_HOSTS:
    problems.append("ALLOWED_HOSTS contains '*': name the hosts, or anyone can choose the address in our links.")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
for origin in CSRF_TRUSTED_ORIGINS:
    if urlsplit(origin).scheme not in ("https", "http") or not urlsplit(origin).netloc:
        problems.append(f"CSRF_TRUSTED_ORIGINS: {origin!r} is not an origin such as https://ops.example.com.")

INSTALLED_APPS = [
    "kosenai_ops",
    "privacy",
    "billing",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "kosenai_ops.sites.KosenaiAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "import_export",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
]
MIDDLEWARE = [
    "kosenai_ops.guards.Headers",
    "kosenai_ops.logs.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "kosenai_ops.guards.NoNul",
    "kosenai_ops.guards.NoOverflow",
    "kosenai_ops.busy.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kosenai_ops.staff_access.SessionLimits",
    "privacy.admin.time_zone.StaffTimeZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "kosenai_ops.staff_access.SecondFactor",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "kosenai_ops.urls"
WSGI_APPLICATION = "kosenai_ops.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Database ---------------------------------------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/kosenai.sqlite3")
DATABASES = {}
if urlsplit(DATABASE_URL).scheme not in ("sqlite", "postgres", "postgresql"):
    problems.append("DATABASE_URL: only sqlite:///file and postgres://user:password@host/name are supported.")
elif not urlsplit(DATABASE_URL).path.strip("/"):
    problems.append("DATABASE_URL names no database (postgres://user:password@host/name) or file (sqlite:////a/file).")
else:
    DATABASES["default"] = env.db_url_config(DATABASE_URL)
    if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        DATABASES["default"] |= {
            # Four writers met "database is locked" 1,760 times with WAL and timeout alone, never with IMMEDIATE too.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # Without recursive_triggers a REPLACE deletes rows past the triggers that refuse it.
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
                    "PRAGMA secure_delete=ON; PRAGMA recursive_triggers=ON;"
                ),
            },
            # A file, because the live server's threads and the worker processes of a test must see the same rows.
            "TEST": {"NAME": str(VAR_DIR / "test.sqlite3")},
        }
    else:
        DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
        DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Shared by the web processes of a machine, so that a limit on attempts counts all of them.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(folder(VAR_DIR / "cache")),
    },
    # What strangers can fill with addresses of their choice stands apart: a full cache drops a third of what it holds,
    # and the counts of attempts to sign in are not to be among that.
    "portal": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(folder(VAR_DIR / "cache-portal")),
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
}

# --- Language (the back office is English; the people whose data it is have five), time, files ------------------------
USE_TZ, TIME_ZONE = True, "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español"), ("it", "Italiano")]
FORMAT_MODULE_PATH = ["kosenai_ops.formats"]
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if DEBUG or DEMO:
    # Nothing to collect before the first start.
    WHITENOISE_USE_FINDERS = True
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 11_000  # an action on 10,000 ticked rows sends one field a row
DATA_UPLOAD_MAX_NUMBER_FILES = 20
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**2
UPLOAD_MAX_SIZE = 100 * 1024**2  # bytes of a whole request with files; larger ones belong to `import_studio`
FILE_UPLOAD_HANDLERS = [
    "kosenai_ops.uploads.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o600

# --- Security ---------------------------------------------------------------------------------------------------------
# What DEMO and DEBUG relax, and nothing else: https (redirect, HSTS, Secure and __Host- cookies) and, in the demo,
# the compulsory second factor, the repeated sign-in before an approval and the wait of a role that decides.
HTTPS = not (DEBUG or DEMO)
SECOND_FACTOR_COMPULSORY = not DEMO
REAUTHENTICATE_BEFORE_APPROVAL = not DEMO
# How long a role that decides waits before it acts where nobody could confirm it.
APPROVER_WAIT = timedelta(days=0 if DEMO else 1)

SECURE_SSL_REDIRECT = HTTPS
# The probes of a load balancer come over plain http and learn nothing from the answer.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if BEHIND_PROXY:
    # Only when asked: without a proxy that overwrites it, anyone could send this header.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "__Host-kosenai-session" if HTTPS else "kosenai-session"
CSRF_COOKIE_NAME = "__Host-kosenai-csrf" if HTTPS else "kosenai-csrf"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 30 * 60  # seconds without a click (kosenai_ops.staff_access.SessionLimits)
SESSION_ABSOLUTE_AGE = 12 * 3600  # seconds since the sign-in, however busy
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # a cookie would carry the texts

CONTENT_SECURITY_POLICY = looks.CONTENT_SECURITY_POLICY

# --- Staff sign-in ----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "privacy.Staff"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "kosenai_ops.staff_access.WithRoles",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "kosenai_ops.staff_access.StaffAccounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_RATE_LIMITS = {
    # By address: an office of twenty who all lock themselves out (AXES_FAILURE_LIMIT) leaves a third of it, and whoever
    # guesses over many names from one address has 1,800 tries an hour, of passwords that a second factor backs.
    # By key: the only limit on codes of a second factor; for passwords, above the lock of a name from an address.
    "login_failed": "150/5m/ip,10/5m/key",
    # Tokens that are none of ours, by address. A good one is never counted: a school that sits behind one address and
    # follows its links on the same morning meets no limit.
    "unsubscribe_failed": "100/5m/ip",
    # Codes, documents and sessions that prove nothing: by address for who tries many cases, by case for who tries one
    # from many addresses. The rows limit a code to five attempts (privacy.cases.verification).
    "verification_failed": "100/5m/ip,30/h/key",
    "verification_asked": "100/5m/ip,10/h/key",
    "case_link_failed": "100/5m/ip",
    # Forms of the portal, and links of it that are none of ours, by address: twice as many as a large school sends in
    # the five minutes in which it does so as a lesson. What an abuser is held by are the mailbox and the proof of work
    # (privacy.portal.limits).
    "portal_posted": "600/5m/ip",
    "portal_failed": "300/5m/ip",
    "login": None,  # counts those who sign in rightly, too: the thirty-first of an office at nine o'clock
}
MFA_ADAPTER = "kosenai_ops.staff_access.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Kosenai Ops"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # by name alone, anyone could lock a colleague out
AXES_CLIENT_IP_CALLABLE = "kosenai_ops.client_address.client_address"
AXES_USERNAME_CALLABLE = "kosenai_ops.staff_access.name_to_lock"
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False  # no banner at every start
AXES_ENABLE_ADMIN = (
    False  # its pages let anyone with the permission edit the evidence; see `manage.py axes_list_attempts`
)

# --- Jobs -------------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://")
BROKERS = {
    "filesystem": {
        "data_folder_in": str(VAR_DIR / "broker" / "queue"),
        "data_folder_out": str(VAR_DIR / "broker" / "queue"),
        "control_folder": str(VAR_DIR / "broker" / "control"),
        "store_processed": False,
    },
    "redis": {"socket_connect_timeout": 1, "socket_timeout": 2},
    "rediss": {"socket_connect_timeout": 1, "socket_timeout": 2},
    "amqp": {},
    "amqps": {},
}
broker = urlsplit(CELERY_BROKER_URL).scheme
if broker not in BROKERS:
    problems.append("CELERY_BROKER_URL: only filesystem://, redis(s)://host/number and amqp(s)://host are supported.")
if broker == "filesystem":
    folder(VAR_DIR / "broker" / "queue")
    folder(VAR_DIR / "broker" / "control")
# A dead broker must not hold up the page that rings it: the row is the job, and the sweep finds it (about 2 s in all).
CELERY_BROKER_TRANSPORT_OPTIONS = BROKERS.get(broker, {})
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_step": 0, "interval_max": 0.1}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_LOST_WAIT = 1  # seconds until the place of a killed child takes work again; 10 unless told
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A queue for each lane (privacy.jobs.bells), because a folder of files knows no priorities; `manage.py work` runs a
# worker for each.
CELERY_TASK_DEFAULT_QUEUE = "kosenai-prompt"
# Who sends it as a bearer token to /readyz is told the facts behind the one word that all others get.
HEALTH_TOKEN = env.str("HEALTH_TOKEN", default="")
if HEALTH_TOKEN and len(HEALTH_TOKEN) < 32:
    problems.append("HEALTH_TOKEN is too short: give it 32 random characters, or leave it empty.")

# --- Mail -------------------------------------------------------------------------------------------------------------
# Without EMAIL_URL no mail is ordered. The demo writes into a folder, which its managers read on a page.
EMAIL_URL = env.str("EMAIL_URL", default=f"filemail:///{VAR_DIR}/mail" if DEMO else "")
mailer = urlsplit(EMAIL_URL).scheme
if mailer not in ("", "smtp", "smtps", "smtp+tls", "smtp+ssl", "filemail", "consolemail"):
    problems.append(
        "EMAIL_URL: only smtp(+tls, +ssl)://user:password@host:port, filemail:////folder and consolemail://."
    )
elif EMAIL_URL:
    globals().update(env.email_url_config(EMAIL_URL))
# Where people answer our letters; empty: at the address that they come from.
LETTERS_REPLY_TO = env.str("LETTERS_REPLY_TO", default="")
EMAIL_TIMEOUT = 20  # seconds
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="" if mailer.startswith("smtp") else "ops@localhost")
if not DEFAULT_FROM_EMAIL:
    problems.append("EMAIL_FROM is missing: the address that our mail comes from.")
# Where links in mails lead: a worker knows no request.
here = "http://127.0.0.1:8000" if DEMO else f"https://{next(iter(ALLOWED_HOSTS), 'localhost')}"
SITE_URL = env.str("SITE_URL", default=here).rstrip("/")

# --- Evidence ---------------------------------------------------------------------------------------------------------
# Where the root of each day is written: keep it where whoever can change the database cannot. It is also mailed to
# these, or to all managers.
ROOTS_FOLDER = variables.absolute_folder(env, problems, "ROOTS_FOLDER", VAR_DIR / "roots")
ROOTS_MAIL_TO = variables.addresses(env, problems, "ROOTS_MAIL_TO")
at_least = "a number of years, 2 at least: 11 CCR 7101 asks for 24 months"
CASES_KEPT_YEARS = variables.number(env, problems, "CASES_KEPT_YEARS", 3, at_least, least=2, most=20)
# No figure about fewer people leaves, or is shown on the register's page.
SMALLEST_FIGURE = variables.number(env, problems, "SMALLEST_FIGURE", 10, "a number of people, 3 at least", least=3)

# --- Processors -------------------------------------------------------------------------------------------------------
# A key lets its connector erase through the processor's API; without one a person does it there and attests it here.
CLERK_SECRET_KEY = env.str("CLERK_SECRET_KEY", default="")
# With both of these a person proves who they are by their session at Clerk: the public key of the instance (PEM, with
# real line ends or \\n), and the origins of the studio whose tokens count, such as https://studio.example.com.
CLERK_JWT_KEY = env.str("CLERK_JWT_KEY", default="").replace("\\n", "\n").strip()
if CLERK_JWT_KEY and "-----BEGIN PUBLIC KEY-----" not in CLERK_JWT_KEY:
    problems.append(
        "CLERK_JWT_KEY is no public key in PEM: copy it from Clerk’s page of API keys, with its first line."
    )
CLERK_AUTHORIZED_PARTIES = env.list("CLERK_AUTHORIZED_PARTIES", default=[])
for origin in CLERK_AUTHORIZED_PARTIES:
    if urlsplit(origin).scheme not in ("https", "http") or not urlsplit(origin).netloc:
        problems.append(f"CLERK_AUTHORIZED_PARTIES: {origin!r} is not an origin such as https://studio.example.com.")
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
OPENAI_API_KEY = env.str("OPENAI_API_KEY", default="")
# A promise to every erased person: their receipt names the day on which the last backup that holds them is gone.
BACKUP_DAYS = variables.number(env, problems, "BACKUP_DAYS", 35, "a number of days, 0 when no backup is kept")
# How long an erasure that was approved can still be taken back.
GRACE_DAYS = variables.number(env, problems, "GRACE_DAYS", 3, "a number of days from 0 to 14", most=14)

# How long whoever was asked to prove who they are has for it, at least. A case that nobody proved is closed by itself
# when that is over and its date has come.
verification_days = env.str("VERIFICATION_DAYS", default="14")
if not verification_days.isdecimal() or not 7 <= int(verification_days) <= 90:
    problems.append(f"VERIFICATION_DAYS is {verification_days!r}: a number of days from 7 to 90.")
VERIFICATION_DAYS = int(verification_days) if verification_days.isdecimal() else 14

# --- Looks ------------------------------------------------------------------------------------------------------------
UNFOLD = looks.UNFOLD

# --- Logs -------------------------------------------------------------------------------------------------------------
LOGGING = log_config.of(plain=DEBUG)

if problems:
    raise ImproperlyConfigured("\n".join(["Kosenai Ops cannot start with these settings:", *problems]))
