"""Posters for the demo, drawn here: the page has no way to the servers that hold real ones."""

import colorsys
import hashlib
import io
from collections.abc import Iterable

from PIL import Image, ImageDraw, ImageFont

from discarr.sandbox.arr_server.library import Movie, Series

_SIZE = (200, 300)
_MARGIN = 16
_TITLE_PX = 30


def draw_posters(media: Iterable[Movie | Series]) -> dict[str, tuple[str, bytes]]:
    """Return file name and PNG by the address of each poster."""
    return {item.poster_url: ("poster.png", _draw(item)) for item in media}


def _draw(item: Movie | Series) -> bytes:
    hue = hashlib.sha256(item.title.encode()).digest()[0] / 256
    image = Image.new("RGB", _SIZE, _colour(hue, 0.30))
    canvas = ImageDraw.Draw(image)
    canvas.ellipse((60, 120, 320, 380), fill=_colour(hue + 0.08, 0.55))
    canvas.text((_MARGIN, _MARGIN), "\n".join(item.title.split()), "white", ImageFont.load_default(_TITLE_PX))
    canvas.text((_MARGIN, _SIZE[1] - 40), str(item.year), "white", ImageFont.load_default(_TITLE_PX * 2 // 3))
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def _colour(hue: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, 0.6, value)
    return round(red * 255), round(green * 255), round(blue * 255)
