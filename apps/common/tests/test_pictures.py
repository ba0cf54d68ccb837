"""An uploaded picture is what its bytes say, bounded before it is unpacked, upright, and kept as pixels alone."""

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.http import Http404
from PIL import Image

from apps.common import pictures
from apps.common.errors import InvalidInput
from apps.common.tests.uploads import BLUE, RED, picture, upload

GPS, ORIENTATION = 0x8825, 0x0112


def refused(content: bytes, **more: str) -> str:
    with pytest.raises(InvalidInput) as refusal:
        pictures.read(upload(content, **more), "picture")
    [said] = refusal.value.details["picture"]
    return str(said)


def kept_image(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(pictures.read(upload(content), "picture").content))
    image.load()
    return image


def near(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 60 for one, other in zip(pixel, colour, strict=False))


def png_that_claims(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes whose header promises so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\x00" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "RGB"), ("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "RGB"), ("PNG", "P"), ("PNG", "RGBA"), ("WEBP", "RGB")],
)
def test_each_kind_is_kept_as_webp(kind: str, mode: str) -> None:
    kept = pictures.read(upload(picture(kind=kind, mode=mode), name="x.exe", kind="text/plain"), "picture")
    image = Image.open(BytesIO(kept.content))
    assert (image.format, image.size, (kept.width, kept.height)) == ("WEBP", (40, 20), (40, 20))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + b"\x00" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script>",
        b"\xff\xd8\xff\xe0 and then nothing of a JPEG",
        picture(kind="GIF"),
        picture(kind="TIFF"),
        picture(kind="BMP"),
        picture((400, 400))[:-300],
        picture((400, 400), "PNG")[:-300],
    ],
)
def test_what_is_no_picture_is_refused_whatever_it_is_called(content: bytes) -> None:
    assert refused(content) == pictures.NOT_ONE


def test_one_byte_above_eight_megabytes_is_refused_and_eight_are_not() -> None:
    whole = picture(kind="PNG")
    assert pictures.read(upload(whole + b"\x00" * (8_000_000 - len(whole))), "picture").width == 40
    assert "more than 8 MB" in refused(whole + b"\x00" * (8_000_001 - len(whole)))


@pytest.mark.parametrize("size", [(50_001, 1_000), (12_000, 12_000), (60_000, 60_000)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    assert "50 million pixels" in refused(png_that_claims(*size))


def test_neither_place_nor_camera_nor_anything_else_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET CAMERA"
    exif[GPS] = {1: "N", 2: (32.0, 5.0, 7.5), 3: "E", 4: (34.0, 46.0, 1.5)}
    taken = picture(exif=exif, comment=b"SECRET COMMENT", xmp=b"<x>SECRET XMP</x>", icc_profile=b"SECRET PROFILE")
    taken += b"SECRET TAIL"
    assert taken.count(b"SECRET") == 5
    assert Image.open(BytesIO(taken)).getexif().get_ifd(GPS)
    content = pictures.read(upload(taken), "picture").content
    assert b"SECRET" not in content
    image = Image.open(BytesIO(content))
    assert not image.getexif()
    assert {"exif", "xmp", "icc_profile", "comment"} & set(image.info) == set()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_lies_on_its_side_stands_upright(kind: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # the camera was turned: what is left in the file belongs on top
    image = kept_image(picture((40, 20), kind, exif=exif)).convert("RGB")
    assert image.size == (20, 40)
    assert near(image.getpixel((10, 4)), RED)
    assert near(image.getpixel((10, 36)), BLUE)


@pytest.mark.parametrize(
    ("size", "kept"), [((3_200, 800), (1_600, 400)), ((500, 2_000), (400, 1_600)), ((30, 10), (30, 10))]
)
def test_the_longer_side_has_1600_pixels_at_most(size: tuple[int, int], kept: tuple[int, int]) -> None:
    assert kept_image(picture(size)).size == kept


def test_it_is_stored_under_a_random_name_served_and_forgotten(settings: Any, tmp_path: Any, db: None) -> None:
    settings.MEDIA_ROOT = tmp_path
    one = pictures.read(upload(picture(), name="../../me at home.jpg"), "picture")
    first, second = pictures.keep(one, "things"), pictures.keep(one, "things")
    assert first != second
    for name in (first, second):
        folder, _, file = name.partition("/")
        assert (folder, len(file), file[32:]) == ("things", 37, ".webp")
    shown, private = pictures.answer(first, public=True), pictures.answer(first, public=False)
    assert (shown.content, shown["Content-Type"]) == (one.content, "image/webp")
    assert shown["Cache-Control"] == "public, max-age=31536000, immutable"
    assert private["Cache-Control"] == "private, no-store"
    for _ in range(2):
        pictures.forget(first)
    pictures.forget("")
    assert (default_storage.exists(first), default_storage.exists(second)) == (False, True)
    with pytest.raises(Http404):
        pictures.answer(first, public=True)


def test_a_storage_that_cannot_remove_does_not_fail(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    def away(name: str) -> None:
        raise PermissionError(name)

    monkeypatch.setattr(default_storage, "delete", away)
    pictures.forget("things/one.webp")
