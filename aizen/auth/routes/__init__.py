"""The addresses of accounts, a file for each thing that people do with theirs."""

from __future__ import annotations

from aizen.auth.routes.emails import emails
from aizen.auth.routes.passwords import new_password, password_pages
from aizen.auth.routes.profile import user
from aizen.auth.routes.signing_in import auth

BLUEPRINTS = (auth, emails, new_password, user)
# For people, and none of the API's.
PAGES = (password_pages,)
