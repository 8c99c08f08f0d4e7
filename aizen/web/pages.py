"""Pages for a person, of one form each, that need no frontend: one file of HTML with nothing from an outside host.

A page reads the secret of its link from the fragment (``#token=…``), which no browser sends and no server logs, and posts it with what the
person typed to an address of the API. What the API refuses is shown at the field that it is about.

``asking`` makes a page whose form needs no script.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape

from flask import Response


@dataclass(frozen=True)
class Field:
    """One input: ``name`` is the field of the API, ``autocomplete`` the token of the HTML standard that password managers read.

    One that ``repeats`` another is not sent: it must hold the same.
    """

    name: str
    label: str
    kind: str = "text"
    hint: str = ""
    autocomplete: str = "off"
    is_optional: bool = False
    repeats: str = ""


@dataclass(frozen=True)
class Form:
    """A page's form: what it asks, which address of the API gets it, and what is said once that has taken it.

    The secret of the link goes into ``secret_field``. Where that is not empty, a link without ``#token=`` is told to be incomplete.
    ``aside`` is a link below the form, for who cannot fill it in.
    """

    title: str
    intro: str
    posts_to: str
    fields: Sequence[Field]
    button: str
    done_title: str
    done: str
    leads_to: str = "/"
    leads_to_label: str = "Continue"
    secret_field: str = "token"  # noqa: S105 - the name of a field
    aside: str = ""
    aside_leads_to: str = ""


def page(form: Form) -> Response:
    """The form as a page: a person fills it in, the API's refusals stand at the fields, and what was done is said in its place."""
    told = {
        "posts_to": form.posts_to,
        "secret_field": form.secret_field,
        "repeats": {each.name: each.repeats for each in form.fields if each.repeats},
    }
    words = {name: escape(value) for name, value in vars(form).items() if isinstance(value, str)}
    parts = {
        "told": escape(json.dumps(told)),
        "inputs": "\n".join(_field(each) for each in form.fields),
        "other_way": _ASIDE.format(**words) if form.aside else "",
    }
    body = _FORM.format(**words, **parts)
    return _answer(form.title, body + f"<script>{_SCRIPT}</script>", status=200)


def notice(title: str, text: str, *, status: int, leads_to: str = "/", leads_to_label: str = "Continue") -> Response:
    """A page that only says something, and leads on unless ``leads_to`` is empty."""
    way = _WAY_ON.format(leads_to=escape(leads_to), leads_to_label=escape(leads_to_label)) if leads_to else ""
    return _answer(title, _NOTICE.format(title=escape(title), text=escape(text)) + way, status=status)


def asking(title: str, text: str, *, posts_to: str, field: Field | None, button: str, wrong: str = "", status: int = 200) -> Response:
    """A page of a button, and of one field before it, that runs no script: the browser posts the form to ``posts_to`` by itself.

    ``wrong`` is why the last answer was refused.
    """
    body = _ASKING.format(
        title=escape(title),
        text=escape(text),
        posts_to=escape(posts_to),
        button=escape(button),
        summary=f'<p class="summary" role="alert">{escape(wrong)}</p>' if wrong and field is None else "",
        field=_field(field, reveals=False, wrong=wrong) if field else "",
    )
    return _answer(title, body, status=status, policy=_POLICY_OF_FORMS)


def _answer(title: str, body: str, *, status: int, policy: str | None = None) -> Response:
    answer = Response(_PAGE.format(title=escape(title), style=_STYLE, body=body), status=status, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = policy or _POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _field(field: Field, *, reveals: bool = True, wrong: str = "") -> str:
    told = {name: escape(str(value)) for name, value in asdict(field).items()}
    described = f"{field.name}-error" + (f" {field.name}-hint" if field.hint else "")
    is_password = field.kind == "password" and reveals
    return _FIELD.format(
        **told,
        described=described,
        optional=' <span class="optional">(optional)</span>' if field.is_optional else "",
        required="" if field.is_optional else " required",
        told_hint=f'<p class="hint" id="{told["name"]}-hint">{told["hint"]}</p>' if field.hint else "",
        reveal=_REVEAL if is_password else "",
        wrong=escape(wrong),
        state=' aria-invalid="true" autofocus' if wrong else "",
        plain=' autocapitalize="none" autocorrect="off" spellcheck="false"',
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
<p class="brand"><span aria-hidden="true" class="mark"></span>Aizen</p>
{body}
</main>
</body>
</html>
"""

_FORM = """<form novalidate data-told="{told}">
<h1>{title}</h1>
<p class="intro">{intro}</p>
<noscript><p class="summary">This page needs JavaScript: the secret in your link never leaves the browser but by it.</p></noscript>
<p class="summary" id="summary" role="alert" tabindex="-1" hidden></p>
{inputs}
<button type="submit" class="main">{button}</button>
{other_way}
</form>
<section id="done" tabindex="-1" hidden>
<h1>{done_title}</h1>
<p class="intro">{done}</p>
<a class="main" href="{leads_to}">{leads_to_label}</a>
</section>
"""

_ASIDE = '<p class="aside"><a href="{aside_leads_to}">{aside}</a></p>'

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
<label for="{name}">{label}{optional}</label>
<div class="box">
<input id="{name}" name="{name}" type="{kind}" autocomplete="{autocomplete}"{plain}{required}{state} aria-describedby="{described}">
{reveal}
</div>
<p class="error" id="{name}-error">{wrong}</p>
{told_hint}
</div>"""

_REVEAL = '<button type="button" class="reveal" aria-pressed="false">Show</button>'

_STYLE = """
:root { --ground: #f4f5f7; --card: #fff; --text: #16191f; --quiet: #59616e; --line: #c3c9d2; --accent: #2457d6; --on-accent: #fff;
  --wrong: #b3261e; --wrong-ground: #fdecea; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1216; --card: #181c22; --text: #eceff4; --quiet: #a3adbb; --line: #444d5a;
  --accent: #8ab0ff; --on-accent: #0b1526; --wrong: #ff9d94; --wrong-ground: #3a1a18; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; padding: 1.5rem 1rem;
  background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { width: 100%; max-width: 27rem; padding: 2rem; border-radius: 1rem; background: var(--card);
  box-shadow: 0 1px 2px rgb(0 0 0 / 8%), 0 8px 32px rgb(0 0 0 / 8%); }
@media (max-width: 30rem) { body { padding: 0; place-items: start stretch; background: var(--card); }
  main { max-width: none; padding: 1.5rem 1.25rem; box-shadow: none; border-radius: 0; } }
.brand { display: flex; align-items: center; gap: .5rem; margin: 0 0 1.5rem; font-weight: 600; letter-spacing: .01em; }
.mark { width: 1.1rem; height: 1.1rem; border-radius: .3rem; background: linear-gradient(135deg, var(--accent), #7a4fd8); }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance; }
.intro { margin: 0 0 1.5rem; color: var(--quiet); overflow-wrap: anywhere; }
.intro:last-child { margin-bottom: 0; }
.field { margin: 0 0 1.1rem; }
label { display: block; margin: 0 0 .3rem; font-weight: 550; }
.optional, .hint { color: var(--quiet); font-weight: 400; font-size: .875rem; }
.box { position: relative; }
input { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .6rem;
  background: transparent; color: inherit; font: inherit; }
.box:has(.reveal) input { padding-right: 4.25rem; }
input[aria-invalid=true] { border-color: var(--wrong); }
#done:focus, #summary:focus { outline: none; }
:focus-visible { outline: 3px solid color-mix(in srgb, var(--accent) 45%, transparent); outline-offset: 1px; }
.reveal { position: absolute; inset: 1px 1px 1px auto; padding: 0 .9rem; border: 0; border-radius: .6rem; background: none;
  color: var(--accent); font: inherit; font-size: .875rem; font-weight: 550; cursor: pointer; }
.hint { margin: .3rem 0 0; }
.error { margin: .3rem 0 0; color: var(--wrong); font-size: .875rem; }
.error:empty { display: none; }
.error:not(:empty) ~ .hint { display: none; }
.summary { margin: 0 0 1.25rem; padding: .75rem .9rem; border-radius: .6rem; background: var(--wrong-ground); color: var(--wrong); }
.main { display: block; width: 100%; min-height: 2.9rem; margin-top: 1.5rem; padding: .7rem 1rem; border: 0; border-radius: .6rem;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; text-align: center; text-decoration: none;
  cursor: pointer; }
.main:hover { filter: brightness(1.08); }
.main[disabled] { opacity: .6; cursor: progress; }
.aside { margin: 1rem 0 0; text-align: center; font-size: .925rem; }
.aside a { display: inline-block; padding: .4rem; color: var(--accent); }
@media (prefers-reduced-motion: no-preference) { .main { transition: filter .12s, opacity .12s; } }
"""

_SCRIPT = """
"use strict";
const form = document.querySelector("form");
const told = JSON.parse(form.dataset.told);
const summary = document.getElementById("summary");
const inputs = [...form.querySelectorAll("input")];
const button = form.querySelector("button.main");
const token = new URLSearchParams(location.hash.slice(1)).get("token") || "";

const say = text => { summary.textContent = text; summary.hidden = !text; };
const mark = (input, text) => {
  document.getElementById(input.name + "-error").textContent = text;
  text ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
};
const sentence = text => /[.!?]$/.test(text) ? text : text + ".";

if (told.secret_field && !token) {
  say("This link is incomplete: its last part is missing. Copy the whole of it, from http to the end.");
  for (const each of [...form.querySelectorAll(".field"), button]) each.hidden = true;
}
for (const reveal of form.querySelectorAll(".reveal")) {
  reveal.addEventListener("click", () => {
    const shown = reveal.getAttribute("aria-pressed") === "true";
    reveal.setAttribute("aria-pressed", String(!shown));
    reveal.textContent = shown ? "Show" : "Hide";
    reveal.parentElement.querySelector("input").type = shown ? "password" : "text";
  });
}
for (const input of inputs) input.addEventListener("input", () => mark(input, ""));

const wrong = () => {
  for (const input of inputs) {
    const other = told.repeats[input.name] && form.elements[told.repeats[input.name]];
    if (input.required && !input.value) mark(input, "Please fill this in.");
    else if (other && other.value !== input.value) mark(input, "The two are not the same.");
    else mark(input, "");
  }
  return inputs.find(input => input.hasAttribute("aria-invalid"));
};
const refused = problem => {
  let first = null;
  const rest = [];
  for (const error of problem.errors || []) {
    const input = inputs.find(each => "/" + each.name === error.pointer);
    if (input) { mark(input, sentence(error.detail)); first = first || input; }
    else rest.push(sentence(error.detail));
  }
  if (!first && !rest.length) rest.push(sentence(problem.detail || "Something went wrong"));
  say(rest.join(" "));
  (first || summary).focus();
};
form.addEventListener("submit", async event => {
  event.preventDefault();
  say("");
  const first = wrong();
  if (first) { first.focus(); return; }
  const sent = Object.fromEntries(inputs.filter(each => each.value && !told.repeats[each.name]).map(each => [each.name, each.value]));
  if (told.secret_field) sent[told.secret_field] = token;
  button.disabled = true;
  try {
    const answer = await fetch(told.posts_to, {
      method: "POST", credentials: "omit", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sent) });
    if (!answer.ok) { refused(await answer.json().catch(() => ({}))); return; }
    history.replaceState(null, "", location.pathname);
    form.hidden = true;
    const done = document.getElementById("done");
    done.hidden = false;
    done.focus();
  } catch (error) {
    say("The server cannot be reached. Try again in a moment.");
    summary.focus();
  } finally {
    button.disabled = false;
  }
});
"""


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_POLICY = (
    f"default-src 'none'; script-src {_hash(_SCRIPT)}; style-src {_hash(_STYLE)}; connect-src 'self'; img-src data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_POLICY_OF_FORMS = (
    f"default-src 'none'; style-src {_hash(_STYLE)}; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
