"""The command ``upshelf``: its subcommands. Each imports what it needs when it is called."""

import click

from commands.campaign import campaign
from commands.check import check
from commands.demo import demo
from commands.export import export
from commands.forget import forget
from commands.init import init
from commands.quarantine import quarantine
from commands.reference import reference
from commands.releases import releases, rollback
from commands.restore import restore
from commands.retention import retention
from commands.run import run
from commands.serve import mlflow, serve, ui

__all__ = ["main"]


class _Commands(click.Group):
    """Tells what is wrong with a bucket in words, whichever command meets it."""

    def invoke(self, context: click.Context) -> object:
        """As `click.Group.invoke`."""
        from resources.storage import StorageError

        try:
            return super().invoke(context)
        except StorageError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Upshelf: a shop's logs to recommendations and to ad targeting by uplift.

    Exit codes: 0 all is well, 1 something was found or failed, 2 the call cannot be understood.
    """
    from resources.settings import Settings

    try:
        Settings.from_env()
    except ValueError as error:
        raise click.UsageError(str(error)) from error


for command in (
    init,
    check,
    run,
    demo,
    serve,
    ui,
    mlflow,
    releases,
    rollback,
    restore,
    retention,
    quarantine,
    export,
    campaign,
    forget,
    reference,
):
    main.add_command(command)
