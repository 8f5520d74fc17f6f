"""A Django site of one file that serves a CAS server written by others: `cas_site.py FLAVOUR FOLDER PORT`.

FLAVOUR is `mama` (django-mama-cas, BSD) or `nitmir` (django-cas-server, GPLv3: a tool of tests alone). The
accounts are alice/wonderland, whose attribute `groups` is earth and climate, and bob/builder, who has none;
services on this machine are allowed, others are not.
"""

import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.urls import include, path

FLAVOUR, FOLDER, PORT = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
SERVICES = r"^http://(127\.0\.0\.1|localhost)(:\d+)?/"
APP = {"mama": "mama_cas", "nitmir": "cas_server"}[FLAVOUR]
CONTEXT = ("debug", "request", "auth", "messages")

settings.configure(
    DEBUG=True,
    SECRET_KEY="for-tests-alone",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    STATIC_URL="/static/",
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(FOLDER / "cas.sqlite3")}},
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        APP,
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
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
    ],
    MAMA_CAS_SERVICES=[
        {
            "SERVICE": SERVICES,
            "CALLBACKS": ["mama_cas.callbacks.user_model_attributes", "__main__.group_attributes"],
            "LOGOUT_ALLOW": True,
        }
    ],
    MAMA_CAS_ENABLE_SINGLE_SIGN_OUT=True,
    CAS_AUTH_CLASS="cas_server.auth.DjangoAuthUser",
    CAS_SLO_TIMEOUT=3,
    CAS_NEW_VERSION_HTML_WARNING=False,
)
django.setup()

_urls = f"{APP}.urls"
urlpatterns = [path("cas/", include((_urls, "cas_server") if FLAVOUR == "nitmir" else _urls))]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class _Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def group_attributes(user: Any, service: str) -> dict[str, list[str]]:
    """What `mama` says of groups; `nitmir` does by itself."""
    return {"groups": [group.name for group in user.groups.all()]}


def prepare() -> None:
    """Make the database, the accounts and the services."""
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    for name, password in (("alice", "wonderland"), ("bob", "builder")):
        User.objects.create_user(name, f"{name}@example.org", password)
    for name in ("earth", "climate"):
        User.objects.get(username="alice").groups.add(Group.objects.create(name=name))
    if FLAVOUR == "nitmir":
        from cas_server.models import ReplaceAttributName, ServicePattern

        here = ServicePattern.objects.create(
            name="here", pos=1, pattern=SERVICES, proxy=True, proxy_callback=True, single_log_out=True
        )
        ReplaceAttributName.objects.create(name="groups", service_pattern=here)


if __name__ == "__main__":
    from django.core.wsgi import get_wsgi_application

    prepare()
    server = make_server("127.0.0.1", PORT, get_wsgi_application(), _Threaded, _Quiet)
    print("ready", flush=True)
    server.serve_forever()
