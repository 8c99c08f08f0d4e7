"""What .env.example has to say, written from the settings themselves: ``make env-example`` puts it there."""

from __future__ import annotations

from aizen.settings import Settings

_HEAD = """\
# Every setting of Aizen. Copy this file to .env and remove the # before what you want to change: all lines are optional on a laptop.
# After = stands the default, or an example where there is none. Secrets have neither.
"""


def render() -> str:
    """The text of .env.example: each variable in the order of ``Settings``, commented out, below its one line of help."""
    entries = [f"\n# {says}\n#{variable}={'' if secret else shown}\n" for variable, shown, says, secret in Settings.table()]
    return _HEAD + "".join(entries)


if __name__ == "__main__":
    print(render(), end="")  # noqa: T201
