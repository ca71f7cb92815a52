"""The page of the settings: every variable of the environment that Upshelf reads."""

import re

import click

from commands.reference.markdown import MADE, effects_of, sentence, table

__all__ = ["settings_page"]

_TOLD = re.compile(r"([A-Z_]+): (.*)")


def settings_page(upshelf: click.Group) -> str:
    """The variables of the installation, of the API and of the commands."""
    from resources.settings import Settings
    from serving.settings import ServingSettings

    lines = [
        MADE,
        "# Settings",
        "",
        "All from the environment; nothing else is read from it but `DAGSTER_HOME` (the Dagster instance: the "
        "checkout, or `dagster/` in another `UPSHELF_HOME`), the variables that a `shop.toml` names for its source, "
        "and those by which object storage and OpenTelemetry are told their addresses and credentials. A value that "
        "cannot be used is an error that names the variable, the rule and the remedy.",
    ]
    told = set[str]()
    for heading, settings in (("The installation", Settings), ("The API", ServingSettings)):
        rows = []
        for field, words in effects_of(settings):
            match = _TOLD.match(words)
            if match and match[1] not in told:
                default = getattr(settings, field, None) if "(default" not in words else None
                known = isinstance(default, str | int | float) and not isinstance(default, bool)
                rows.append((f"`{match[1]}`", match[2].rstrip(".") + (f" (default `{default}`)" if known else "")))
                told.add(match[1])
        lines += ["", f"## {heading}", *table(("variable", "what"), rows)]
    rows = []
    for name, command in upshelf.commands.items():
        for option in command.params:
            if isinstance(option, click.Option) and isinstance(option.envvar, str) and option.envvar not in told:
                what = f"`upshelf {name} {option.opts[0]}` (default `{option.default}`)"
                rows.append((f"`{option.envvar}`", sentence(f"{option.help or ''} {what}")))
    return "\n".join([*lines, "", "## The commands", *table(("variable", "what"), rows)]) + "\n"
