"""Django's settings: production ones, with no app and no middleware that the API does not need."""

import os
from datetime import timedelta

from psycopg.conninfo import conninfo_to_dict

SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

# The first two because simplejwt's models refer to theirs.
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework",
    "rest_framework_simplejwt",
    "rest_framework_simplejwt.token_blacklist",
    "accounts",
]
# An API of bearer tokens needs no session, cookie, redirect or frame option.
MIDDLEWARE = []
ROOT_URLCONF = "urls"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# libpq reads the URL, so that whatever it takes (a socket's folder, a percent-encoded host) is taken here.
_database = conninfo_to_dict(os.environ["DATABASE_URL"])
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.pop("dbname", ""),
        # Each worker keeps its connection.
        "CONN_MAX_AGE": None,
        # With no pooler in between, statements are prepared on their third use.
        "OPTIONS": {**_database, "server_side_binding": True, "prepare_threshold": 2},
    }
}

AUTH_USER_MODEL = "accounts.User"
# Wants `unique=True`, and does not see that an index on UPPER(email) is the stronger promise.
SILENCED_SYSTEM_CHECKS = ["auth.E003"]
PASSWORD_HASHERS = ["accounts.hashers.Argon2idHasher"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

# Sihha's lifetimes, algorithm and issuer check. The nearest to its sessions that simplejwt has: a refresh token is good once.
SIMPLE_JWT = {
    # One token reads in all rounds of a run; five minutes, as in earnest, would be over in the middle of it.
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=1),
    "REFRESH_TOKEN_LIFETIME": timedelta(hours=24),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "ALGORITHM": "HS256",
    "ISSUER": "bench",
}

# Warnings and errors go to standard error, which `run` keeps in the log.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # A wrong password or a taken address is an answer, not news.
    "loggers": {"django.request": {"level": "ERROR"}},
}
