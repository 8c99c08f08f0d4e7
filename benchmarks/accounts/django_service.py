"""The peer: signing in, and one's own account, with Django as its documentation has it. Run by an interpreter that has Django.

``django.contrib.auth``'s authenticate and login, sessions in the database, persistent connections, no DEBUG, JSON in and out.
PASSWORD_HASHER is ``pbkdf2``, Django's default, or ``same``: argon2id with Aizen's parameters.
``python django_service.py EMAIL PASSWORD`` makes the tables and the account.
"""
# mypy: disable-error-code="import-not-found,import-untyped,misc,untyped-decorator"

from __future__ import annotations

import json
import os
import sys
from typing import Any
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

DATABASE = urlsplit(os.environ["DATABASE_URL"])


class SameArgon2(Argon2PasswordHasher):
    time_cost, memory_cost, parallelism = 2, 19 * 1024, 1


HASHERS = {"pbkdf2": "django.contrib.auth.hashers.PBKDF2PasswordHasher", "same": "django_service.SameArgon2"}

if not settings.configured:
    settings.configure(
        DEBUG=False,
        SECRET_KEY=os.environ["SECRET_KEY"],
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="django_service",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        PASSWORD_HASHERS=[HASHERS[os.environ["PASSWORD_HASHER"]]],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": DATABASE.path.lstrip("/"),
                "USER": unquote(DATABASE.username or ""),
                "PASSWORD": unquote(DATABASE.password or ""),
                "HOST": DATABASE.hostname or unquote(DATABASE.query.partition("host=")[2]),
                "PORT": DATABASE.port or "",
                "CONN_MAX_AGE": None,
            }
        },
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
    )
    django.setup()

from django.contrib.auth import authenticate, login  # noqa: E402 - all of Django below needs the settings first
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402


def sign_in(request: Any) -> Any:
    sent = json.loads(request.body)
    user = authenticate(request, username=sent["email"], password=sent["password"])
    if user is None:
        return JsonResponse({"detail": "bad credentials"}, status=401)
    login(request, user)
    return JsonResponse({"id": user.id})


def info(request: Any) -> Any:
    user = request.user
    if not user.is_authenticated:
        return JsonResponse({"detail": "not signed in"}, status=401)
    told = {name: getattr(user, name) for name in ("id", "email", "username", "first_name", "last_name")}
    return JsonResponse({**told, "date_joined": user.date_joined.isoformat()})


urlpatterns = [path("login", sign_in), path("info", info)]
application = get_wsgi_application()

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    User.objects.create_user(sys.argv[1], email=sys.argv[1], password=sys.argv[2])
