"""``upshelf campaign``: a campaign before it begins."""

import click

from commands.campaign.draw import draw, listed
from commands.campaign.plan import plan

__all__ = ["campaign"]


@click.group()
def campaign() -> None:
    """Plan a campaign's trial, draw its arms, and write the list."""


for command in (plan, draw, listed):
    campaign.add_command(command)
