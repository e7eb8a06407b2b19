"""Slash commands, one cog per audience."""
