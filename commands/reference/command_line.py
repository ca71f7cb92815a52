"""The page of the commands: every command of ``upshelf`` with its arguments and options."""

from collections.abc import Iterator

import click

from commands.reference.markdown import MADE, sentence, table

__all__ = ["commands_page"]


def commands_page(upshelf: click.Group) -> str:
    """Each command as its ``--help`` tells it."""
    lines = [
        MADE,
        "# Commands",
        "",
        "What `upshelf COMMAND --help` says. How to work with them is told in [commands.md](../commands.md).",
    ]
    for name, command in _of(upshelf):
        context = click.Context(command, info_name=f"upshelf {name}")
        usage = " ".join(command.collect_usage_pieces(context))
        lines += ["", f"## upshelf {name}", "", f"`upshelf {name} {usage}`", "", _told(command.help or "")]
        rows = []
        for option in command.get_params(context):
            record = option.get_help_record(context)
            if record is not None and record[1] and "--help" not in option.opts:
                rows.append((f"`{sentence(record[0])}`", sentence(record[1])))
        lines += table(("option", "does"), rows)
    return "\n".join(lines) + "\n"


def _of(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Commands by their names, those of a group after it."""
    for name, command in group.commands.items():
        yield f"{prefix}{name}", command
        if isinstance(command, click.Group):
            yield from _of(command, f"{prefix}{name} ")


def _told(help_text: str) -> str:
    """A help text as paragraphs of Markdown."""
    return "\n\n".join(sentence(paragraph.replace("\b", "")) for paragraph in help_text.split("\n\n"))
