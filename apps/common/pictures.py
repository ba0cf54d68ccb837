"""Pictures that people upload: read by what they are, turned upright, made small, kept without where they were taken.

What is kept is drawn anew from the pixels: whatever else the file carried (place, camera, profile, a second file behind
the first) is not in it. Names are drawn at random, and nothing is served but by a view that may.
"""

import secrets
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from PIL import Image, ImageOps

from apps.common.clock import real_now
from apps.common.db import outside_call
from apps.common.errors import InvalidInput

log = structlog.get_logger(__name__)
FORMATS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 8_000_000
MOST_PIXELS = 50_000_000
"""What the cameras of today's phones give; unpacked it is 200 MB, so one is unpacked at a time."""
KEEP_UNUSED = timedelta(days=1)
LONGEST_SIDE = 1_600
QUALITY = 80
NOT_ONE = "This is no JPEG, PNG or WebP picture, or it is damaged. Choose another one."
_unpacking = threading.Lock()


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept: WebP, upright, with nothing but its pixels."""

    content: bytes
    width: int
    height: int


def read(upload: "UploadedFile[Any]", field: str) -> Picture:
    """Return what is kept of an uploaded file; its name and its declared type do not count.

    Raises: InvalidInput that names the field: above 8 MB, above 50 million pixels, or no picture.
    """
    content = upload.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise InvalidInput.field(field, f"The file has more than {MOST_BYTES // 1_000_000} MB. Choose a smaller one.")
    with _unpacking:
        try:
            return _draw_anew(content, field)
        except InvalidInput:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_large(field) from error
        except Exception as error:  # the file is a stranger's, and its decoders raise whatever they like
            raise InvalidInput.field(field, NOT_ONE) from error


def keep(picture: Picture, folder: str) -> str:
    """Store a picture under a name that nobody can guess; return the name."""
    with outside_call():
        return str(default_storage.save(f"{folder}/{secrets.token_hex(16)}.webp", ContentFile(picture.content)))


def forget(name: str) -> None:
    """Remove a stored picture, if there is one; call it once nothing refers to it any more.

    A storage that cannot is no reason to fail: the file stays, and nothing leads to it.
    """
    if not name:
        return
    try:
        with outside_call():
            default_storage.delete(name)
    except OSError as error:
        log.warning("pictures.not_removed", name=name, error=type(error).__name__)


def sweep(folder: str, in_use: Callable[[Collection[str]], Collection[str]]) -> int:
    """Remove what a crash left in a folder: pictures older than a day that are not in use; return how many.

    `in_use` is asked once, after the folder was read, which of these names somebody refers to. A picture comes into use
    within moments or never, so an old one that nobody refers to is lost. A storage that cannot is asked again later.
    """
    try:
        with outside_call():
            old = [name for name in _names(folder) if _is_older(name, real_now() - KEEP_UNUSED)]
    except OSError as error:
        log.warning("pictures.not_swept", folder=folder, error=type(error).__name__)
        return 0
    used = set(in_use(old)) if old else set()
    lost = [name for name in old if name not in used]
    for name in lost:
        forget(name)
    return len(lost)


def _names(folder: str) -> list[str]:
    try:
        return [f"{folder}/{name}" for name in default_storage.listdir(folder)[1]]
    except FileNotFoundError:
        return []  # nothing was ever kept there


def _is_older(name: str, instant: datetime) -> bool:
    try:
        return default_storage.get_modified_time(name) < instant
    except FileNotFoundError:
        return False  # somebody else removed it meanwhile


def answer(name: str, *, public: bool) -> HttpResponse:
    """Serve a stored picture; its name changes with its content, so browsers may keep it.

    Raises: Http404 when the storage has none of this name.
    """
    try:
        with outside_call(), default_storage.open(name) as stored:
            content = stored.read()
    except FileNotFoundError as error:
        raise Http404 from error
    response = HttpResponse(content, content_type="image/webp")
    response["Cache-Control"] = "public, max-age=31536000, immutable" if public else "private, no-store"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _draw_anew(content: bytes, field: str) -> Picture:
    """Check the file as a whole, then unpack it; nothing is unpacked before its size is known."""
    with Image.open(BytesIO(content), formats=FORMATS) as seen:
        if seen.width * seen.height > MOST_PIXELS:
            raise _too_large(field)
        seen.verify()
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a large JPEG is unpacked at a half, a quarter or an eighth
        image.load()
        upright = ImageOps.exif_transpose(image)
        drawn = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    drawn.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    bare = Image.new(drawn.mode, drawn.size)
    bare.paste(drawn)
    kept = BytesIO()
    bare.save(kept, "WEBP", quality=QUALITY)
    return Picture(kept.getvalue(), bare.width, bare.height)


def _too_large(field: str) -> InvalidInput:
    return InvalidInput.field(field, f"It has more than {MOST_PIXELS // 1_000_000} million pixels. Make it smaller.")
