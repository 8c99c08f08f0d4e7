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
    "pending_email": None,
    "username": "ada",
    "first_name": "",
    "last_name": "",
    "date_joined": "2026-11-24T12:00:00Z",
    "email_verified": False,
    "role": "user",
    "storage": {"used": 1048576, "quota": 10737418240},
}
SESSION_EXAMPLE = {
    "id": "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7a12",
    "device": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "network": "203.0.113.0/24",
    "created_at": "2026-11-24T12:00:00.000000Z",
    "last_used_at": "2026-11-24T12:14:30.000000Z",
    "expires_at": "2026-12-08T12:14:30.000000Z",
    "is_current": True,
}
KEY_EXAMPLE = {
    "id": "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7a13",
    "name": "Backup of the studio",
    "hint": "azn_7Qm2Xa",
    "scopes": ["images:read", "images:write"],
    "created_at": "2026-11-24T12:00:00.000000Z",
    "expires_at": "2027-02-22T12:00:00.000000Z",
    "last_used_at": None,
}
NEW_KEY_EXAMPLE = {**KEY_EXAMPLE, "key": "azn_7Qm2Xa…"}
KEY_REQUEST_EXAMPLE = {"name": "Backup of the studio", "scopes": ["images:read", "images:write"], "expires_in": 7776000}
PROFILE_EXAMPLE = {"username": "ada", "first_name": "Ada", "last_name": "Lovelace"}
PROFILE_CHANGES_EXAMPLE = {"first_name": "Ada"}
PASSWORD_EXAMPLE = {"password": "a quiet river at nine"}
REFRESH_EXAMPLE = {"refresh": TOKENS_EXAMPLE["refresh"]}
CREDENTIALS_EXAMPLE = {"email": "ada@example.org", "password": "a quiet river at nine"}
ASKED_TO_JOIN_EXAMPLE = {
    "email": "ada@example.org",
    "detail": "An e-mail is on its way to this address. Open its link, then upload; you can sign in already.",
}
VERIFIED_EXAMPLE = {"email": "ada@example.org", "email_verified": True}
SENT_EXAMPLE = {"detail": "If this is the address of an account and is not confirmed yet, a link is on its way to it."}
RESET_REQUEST_EXAMPLE = {"email": CREDENTIALS_EXAMPLE["email"]}
RESET_EXAMPLE = {"token": "bWFueSByYW5kb20gY2hhcmFjdGVycywgb25jZQ", "password": "a slow train at noon"}
PASSWORD_CHANGE_EXAMPLE = {"current_password": CREDENTIALS_EXAMPLE["password"], "password": RESET_EXAMPLE["password"]}
