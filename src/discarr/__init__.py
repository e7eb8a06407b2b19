"""Discarr: a Discord bot that watches over any number of Radarr and Sonarr instances."""
