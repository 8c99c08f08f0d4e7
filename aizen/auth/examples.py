"""The examples of accounts in the OpenAPI document."""

from __future__ import annotations

TOKENS_EXAMPLE = {
    "access": "eyJhbGciOi.eyJhY2Nlc3Mi.c2lnbmF0dXJl",
    "refresh": "eyJhbGciOi.eyJyZWZyZXNo.c2lnbmF0dXJl",
    "token_type": "Bearer",
    "expires_in": 900,
}
USER_EXAMPLE = {
    "id": "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7a11",
    "email": "ada@example.org",
    "username": "ada",
    "first_name": "",
    "last_name": "",
    "date_joined": "2026-11-24T12:00:00Z",
    "email_verified": False,
    "role": "user",
    "storage": {"used": 1048576, "quota": 10737418240},
}
PROFILE_EXAMPLE = {"username": "ada", "first_name": "Ada", "last_name": "Lovelace"}
PROFILE_CHANGES_EXAMPLE = {"first_name": "Ada"}
PASSWORD_EXAMPLE = {"password": "a quiet river at nine"}
REFRESH_EXAMPLE = {"refresh": TOKENS_EXAMPLE["refresh"]}
CREDENTIALS_EXAMPLE = {"email": "ada@example.org", "password": "a quiet river at nine"}
