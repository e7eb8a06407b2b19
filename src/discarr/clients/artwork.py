"""Which pictures may be shown.

Discord's servers fetch what an embed names, and phones show it. So an instance must not be able to choose the
host, or to send anything along: only plain addresses on the hosts that the apps take their artwork from pass.
"""

import re
from collections.abc import Iterable

from discarr.clients.wire import Cover

MAX_URL = 300

_PUBLIC = re.compile(
    r"https://(?:image\.tmdb\.org|artworks\.thetvdb\.com|www\.thetvdb\.com|assets\.fanart\.tv"
    r"|m\.media-amazon\.com)/[A-Za-z0-9._~/@,+=-]+"
)
"""No user, port, query or fragment: behind the host comes a path, and of letters that need no escaping."""


def poster_url(covers: Iterable[Cover | None] | None) -> str | None:
    """Return the address of the first poster on a public host; None when there is none."""
    for cover in covers or ():
        if cover is None or (cover.cover_type or "").lower() != "poster":
            continue
        url = cover.remote_url or ""
        if len(url) <= MAX_URL and _PUBLIC.fullmatch(url):
            return url
    return None
