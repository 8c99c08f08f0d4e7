"""The settings of accounts: secrets and what they sign, the first administrator, letters, limits on what people do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from marshmallow import fields as ma

from aizen.environment import CommaList, EmailAddress, address, count, mailbox, one_of, rate, seconds, text
from aizen.settings.declaring import SHORTEST_SECRET, setting


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """Secrets, and how long what they sign lives; the first administrator; letters to people, and limits on what people do."""

    secret_key: str = setting(
        "", "SECRET_KEY", text(), f"at least {SHORTEST_SECRET} random characters; made and kept in DATA_DIR in development", secret=True
    )
    jwt_secret_key: str = setting(
        "", "JWT_SECRET_KEY", text(), "signs the tokens, the same length; derived from SECRET_KEY when unset", secret=True
    )
    signing_keys: tuple[str, ...] = setting(
        (),
        "SIGNING_KEYS",
        CommaList(),
        "keys of signed addresses, comma-separated: the first signs, all verify; derived when unset",
        secret=True,
    )
    jwt_access_seconds: int = setting(900, "JWT_ACCESS_TOKEN_EXPIRES", count(10, 86400), "life of an access token in seconds")
    jwt_refresh_seconds: int = setting(
        1209600, "JWT_REFRESH_TOKEN_EXPIRES", count(60, 31536000), "life of a session in seconds without a refresh"
    )
    old_client_access_seconds: int = setting(
        86400, "OLD_CLIENT_ACCESS_SECONDS", count(10, 604800), "life of an access token in a session begun at an old address"
    )
    old_client_session_seconds: int = setting(
        604800, "OLD_CLIENT_SESSION_SECONDS", count(60, 31536000), "life of such a session, whose refresh token stays the same"
    )
    refresh_grace_seconds: int = setting(
        10, "REFRESH_GRACE_SECONDS", count(0, 60), "how long a spent refresh token still answers its own successor"
    )
    api_keys_per_user: int = setting(50, "API_KEYS_PER_USER", count(0, 10000), "API keys of one user that are neither expired nor revoked")
    api_key_use_seconds: int = setting(
        300, "API_KEY_USE_SECONDS", count(0, 86400), "the last use of an API key is written at most so often"
    )
    api_key_write_seconds: float = setting(
        0.1, "API_KEY_WRITE_SECONDS", seconds(0.01, 5), "longest wait of a request for that, where the database is locked"
    )
    api_key_kept_seconds: int = setting(
        2592000, "API_KEY_KEPT_SECONDS", count(0, 31536000), "after this long the clock forgets an expired or revoked API key"
    )
    address_seconds: int = setting(3600, "ADDRESS_SECONDS", count(600, 604800), "least life of the signed addresses in answers")

    public_seconds: int = setting(
        60, "PUBLIC_SECONDS", count(0, 86400), "how long a public picture may be shown from caches after it was withdrawn"
    )

    admin_email: str | None = setting(
        None,
        "AIZEN_ADMIN_EMAIL",
        EmailAddress(),
        "the first administrator, made at the start while there is none; with AIZEN_ADMIN_PASSWORD",
    )
    admin_password: str | None = setting(
        None, "AIZEN_ADMIN_PASSWORD", text(), "the password of that account; one that exists keeps its own", secret=True
    )
    admin_username: str | None = setting(None, "AIZEN_ADMIN_USERNAME", text(), "the username of that account; a random one when unset")

    email_verification: Literal["off", "optional", "required"] = setting(
        "optional",
        "EMAIL_VERIFICATION",
        one_of("off", "optional", "required"),
        "off: nobody is asked; optional: new users are sent a link; required: and nobody uploads, generates or publishes before it",
    )
    verification_seconds: int = setting(259200, "VERIFICATION_SECONDS", count(60, 2592000), "life of a link that confirms an address")
    password_reset_seconds: int = setting(3600, "PASSWORD_RESET_SECONDS", count(60, 86400), "life of a link that resets a password")
    password_reset_pause_seconds: int = setting(
        300,
        "PASSWORD_RESET_PAUSE_SECONDS",
        count(0, 86400),
        "while the last such link is younger and unused, no other letter is sent; the request is answered as ever",
    )
    frontend_url: str | None = setting(
        None,
        "FRONTEND_URL",
        address("http", "https"),
        "address of the page that people use, where new passwords are chosen by the links of e-mails; PUBLIC_URL when unset",
        example="https://app.example.org",
    )
    email_host: str | None = setting(
        None,
        "EMAIL_HOST",
        text(),
        "SMTP server that takes e-mails; they become files in DATA_DIR/mail when unset",
        example="smtp.example.org",
    )
    email_port: int = setting(
        587, "EMAIL_PORT", count(1, 65535), "its port: 587 with STARTTLS, 465 with TLS from the first byte, 25 without"
    )
    email_use_tls: bool = setting(
        True, "EMAIL_USE_TLS", ma.Boolean(), "false talks to the SMTP server in clear text: in production to one in the same network only"
    )
    email_use_ssl: bool | None = setting(
        None, "EMAIL_USE_SSL", ma.Boolean(), "true for TLS from the first byte at another port than 465; false for none of it there"
    )
    email_host_user: str | None = setting(None, "EMAIL_HOST_USER", text(), "name that we sign in to the SMTP server with, if it wants one")
    email_host_password: str | None = setting(None, "EMAIL_HOST_PASSWORD", text(), "password of that name", secret=True)
    email_seconds: float = setting(10, "EMAIL_SECONDS", seconds(0.1, 60), "longest wait for an answer of the SMTP server")
    failed_letter_seconds: int = setting(
        604800, "FAILED_LETTER_SECONDS", count(60, 31536000), "after this long the clock forgets an e-mail that could not be sent"
    )
    default_from_email: str | None = setting(
        None,
        "DEFAULT_FROM_EMAIL",
        mailbox(),
        "sender of e-mails; aizen at PUBLIC_URL's host when unset",
        example="Aizen <images@example.org>",
    )

    rate_limit_register: str = setting("20 per hour", "RATE_LIMIT_REGISTER", rate(), "registrations of one client")
    rate_limit_login: str = setting(
        "30 per 5 minutes", "RATE_LIMIT_LOGIN", rate(), "failed sign-ins of one client, and of one network to one account"
    )
    rate_limit_account: str = setting(
        "100 per hour", "RATE_LIMIT_ACCOUNT", rate(), "failed sign-ins to one account; then only networks it signed in from before may try"
    )
    rate_limit_refresh: str = setting("120 per 5 minutes", "RATE_LIMIT_REFRESH", rate(), "token refreshes of one client")
    rate_limit_key: str = setting("60 per hour", "RATE_LIMIT_KEY", rate(), "API keys that one user makes")
    rate_limit_email: str = setting("20 per hour", "RATE_LIMIT_EMAIL", rate(), "requests of one client that may cause an e-mail")
    rate_limit_email_address: str = setting(
        "5 per hour",
        "RATE_LIMIT_EMAIL_ADDRESS",
        rate(),
        "requests that may cause an e-mail of one kind to one address, whoever makes them; for a new password, those of one network",
    )
    rate_limit_one_time_token: str = setting(
        "30 per hour", "RATE_LIMIT_ONE_TIME_TOKEN", rate(), "links of e-mails that one client opens and that are not valid"
    )
    rate_limit_setup: str = setting("20 per hour", "RATE_LIMIT_SETUP", rate(), "wrong set-up links of one client")
    rate_limit_upload: str = setting("600 per hour", "RATE_LIMIT_UPLOAD", rate(), "uploads of one user")
    rate_limit_describe: str = setting("120 per hour", "RATE_LIMIT_DESCRIBE", rate(), "descriptions that one user asks for anew")
    rate_limit_generate: str = setting("20 per minute", "RATE_LIMIT_GENERATE", rate(), "images that one user has generated")
    rate_limit_gallery: str = setting("600 per minute", "RATE_LIMIT_GALLERY", rate(), "requests of one client for pages of the gallery")
    rate_limit_transform: str = setting(
        "3000 per minute",
        "RATE_LIMIT_TRANSFORM",
        rate(),
        "megapixels that one user has decoded and made anew; what is cached costs nothing",
    )
    rate_limit_transform_address: str = setting(
        "6000 per minute", "RATE_LIMIT_TRANSFORM_ADDRESS", rate(), "the same of one client, whoever signs in there"
    )
