"""Simulated Radarr and Sonarr on loopback sockets, speaking as the apps' sources say they do.

`app` is the socket and `instance` the app behind it. The routes answer from a `source`: fixed rows, rows in
`bulk`, the `replay` of recordings, or a scenario (`scenario_source`).

A `scenario` describes downloads; an `occurrence` is what one of them looks like at a moment, the `plot` knows
what people have made of them, and the `story` writes down what happens and changes the library. What people
do is in `removals`, `manual_import` and `searches`; `faults` and `outages` come between them and the app.
"""
