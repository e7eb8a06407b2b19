"""Discarr: a Discord bot that watches over any number of Radarr and Sonarr instances."""

from importlib.metadata import version

__version__ = version("discarr")
