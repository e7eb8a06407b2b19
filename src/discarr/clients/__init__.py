"""Radarr and Sonarr over HTTP: the only rooms that know httpx and the wire format."""
