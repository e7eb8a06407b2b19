"""The posters of the demo."""

import io

from PIL import Image

from discarr.sandbox.arr_server.demo_scenarios import demo_media
from discarr.sandbox.posters import draw_posters


def test_each_title_has_a_picture_of_its_own() -> None:
    media = demo_media()

    pictures = draw_posters(media)

    assert set(pictures) == {item.poster_url for item in media}
    assert len({content for _, content in pictures.values()}) == len({item.title for item in media})
    for name, content in pictures.values():
        assert name == "poster.png"
        assert Image.open(io.BytesIO(content)).size == (200, 300)
