"""Simulated Radarr and Sonarr servers and the demo: never imported by the product."""
