"""The file that a command writes: a path, or an object in a bucket."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

__all__ = ["ending_of", "output_option"]


def output_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option ``-o`` of a command, a string; ``what`` says what the file is."""
    told = f"{what}: a path, or s3://, gs:// or az:// of one."
    return click.option("-o", "--output", required=True, callback=_named, help=told)


def ending_of(file: str) -> str:
    """What comes after the last dot of a file's name, or the name itself."""
    return file.rpartition("/")[2].rpartition(".")[2]


def _named(context: click.Context, option: click.Parameter, given: str) -> str:
    """The name of a file, here or in a bucket.

    Raises:
        click.BadParameter: If it is a folder, or a URL that is no address.
    """
    from resources.storage import checked_address, is_remote

    try:
        checked_address("it", given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if given.endswith("/") or (given.count("/") < 3 if is_remote(given) else Path(given).is_dir()):
        raise click.BadParameter(f"{given} is a folder: name the file in it.")
    return given
