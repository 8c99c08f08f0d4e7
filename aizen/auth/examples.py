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
}
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
