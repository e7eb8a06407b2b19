"""Simulated Radarr and Sonarr on loopback sockets, speaking as the apps' sources say they do."""
