"""Small pages for a person, without a script: one file of HTML with nothing from an outside host.

``notice`` says something; ``asking`` makes a page of one form, which the browser posts by itself.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from html import escape

from flask import Response


@dataclass(frozen=True)
class Field:
    """One input, which has to be filled in: ``autocomplete`` is the token of the HTML standard that password managers read."""

    name: str
    label: str
    kind: str = "text"
    autocomplete: str = "off"


def notice(title: str, text: str, *, status: int, leads_to: str = "", leads_to_label: str = "") -> Response:
    """A page that only says something, and may lead on."""
    way = _WAY_ON.format(leads_to=escape(leads_to), leads_to_label=escape(leads_to_label)) if leads_to else ""
    return _answer(title, _NOTICE.format(title=escape(title), text=escape(text)) + way, status=status, form_action="'none'")


def asking(title: str, text: str, *, posts_to: str, field: Field | None, button: str, wrong: str = "", status: int = 200) -> Response:
    """A page of a button, and of one field before it: the browser posts the form to ``posts_to``.

    ``wrong`` is why the last answer was refused.
    """
    body = _ASKING.format(
        title=escape(title),
        text=escape(text),
        posts_to=escape(posts_to),
        button=escape(button),
        summary=f'<p class="summary" role="alert">{escape(wrong)}</p>' if wrong and field is None else "",
        field=_field(field, wrong=wrong) if field else "",
    )
    return _answer(title, body, status=status, form_action="'self'")


def _answer(title: str, body: str, *, status: int, form_action: str) -> Response:
    answer = Response(_PAGE.format(title=escape(title), style=_STYLE, mark=MARK, body=body), status=status, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = _POLICY.format(form_action=form_action)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _field(field: Field, *, wrong: str) -> str:
    return _FIELD.format(
        name=escape(field.name),
        label=escape(field.label),
        kind=escape(field.kind),
        autocomplete=escape(field.autocomplete),
        wrong=escape(wrong),
        state=' aria-invalid="true" autofocus' if wrong else "",
    )


# The logo of the page, frontend/public/favicon.svg: within the text, so that nothing else has to be let in.
MARK = (
    '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#274c8e"/>'
    '<path d="M5.5 24.5 13 10l5 9 2.5-4 6 9.5z" fill="#fff"/><circle cx="22.5" cy="9.5" r="2.8" fill="#9db9ec"/></svg>'
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title} · Aizen</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<p class="brand">{mark}Aizen</p>
{body}
</main>
</body>
</html>
"""

_NOTICE = """<h1>{title}</h1>
<p class="intro">{text}</p>
"""

_WAY_ON = '<a class="main" href="{leads_to}">{leads_to_label}</a>\n'

_ASKING = """<form method="post" action="{posts_to}">
<h1>{title}</h1>
<p class="intro">{text}</p>
{summary}
{field}
<button type="submit" class="main">{button}</button>
</form>
"""

_FIELD = """<div class="field">
<label for="{name}">{label}</label>
<input id="{name}" name="{name}" type="{kind}" autocomplete="{autocomplete}" autocapitalize="none" autocorrect="off" spellcheck="false"\
 required{state} aria-describedby="{name}-error">
<p class="error" id="{name}-error">{wrong}</p>
</div>"""

_STYLE = """
:root { --ground: #fff; --text: #000; --quiet: #495057; --line: #ced4da; --accent: #3461b8; --on-accent: #fff;
  --wrong: #c92a2a; --wrong-ground: #fff5f5; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181f; --text: #c9c9c9; --quiet: #a3adba; --line: #424242;
  --accent: #2a55a4; --wrong: #ffa8a8; --wrong-ground: #3a1a18; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; padding: 1.5rem 1rem;
  background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { width: 100%; max-width: 27rem; padding: 2rem; border: 1px solid var(--line); border-radius: .5rem; }
@media (max-width: 30rem) { body { padding: 0; place-items: start stretch; }
  main { max-width: none; padding: 1.5rem 1.25rem; border: 0; } }
.brand { display: flex; align-items: center; gap: .5rem; margin: 0 0 1.5rem; font-weight: 700; }
.mark { width: 1.75rem; height: 1.75rem; }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; font-weight: 650; line-height: 1.25; text-wrap: balance; }
.intro { margin: 0 0 1.5rem; color: var(--quiet); overflow-wrap: anywhere; }
.intro:last-child { margin-bottom: 0; }
.field { margin: 0 0 1.1rem; }
label { display: block; margin: 0 0 .3rem; font-weight: 550; }
input { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .5rem;
  background: transparent; color: inherit; font: inherit; }
input[aria-invalid=true] { border-color: var(--wrong); }
:focus-visible { outline: 2px solid #507ad1; outline-offset: 2px; }
.error { margin: .3rem 0 0; color: var(--wrong); font-size: .875rem; }
.error:empty { display: none; }
.summary { margin: 0 0 1.25rem; padding: .75rem .9rem; border-radius: .5rem; background: var(--wrong-ground); color: var(--wrong); }
.main { display: block; width: 100%; min-height: 2.9rem; margin-top: 1.5rem; padding: .7rem 1rem; border: 0; border-radius: .5rem;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; text-align: center; text-decoration: none;
  cursor: pointer; }
.main:hover { filter: brightness(1.08); }
@media (prefers-reduced-motion: no-preference) { .main { transition: filter .12s; } }
"""

_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src data:; base-uri 'none'; form-action {{form_action}}; frame-ancestors 'none'"
)
