"""The addresses of accounts, a file for each thing that people do with theirs."""

from __future__ import annotations

from aizen.auth.routes.emails import emails
from aizen.auth.routes.keys import api_keys
from aizen.auth.routes.passwords import new_password
from aizen.auth.routes.profile import profile, user
from aizen.auth.routes.sessions import signed_in
from aizen.auth.routes.signing_in import auth

BLUEPRINTS = (auth, signed_in, api_keys, emails, new_password, profile, user)
