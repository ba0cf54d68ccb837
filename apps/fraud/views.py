"""Further readings of a folded message. They are never shown to anybody and never stored."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from anyascii import anyascii

from apps.fraud.normalise import View

# Four single signs or more with something between them: v e n m o, c-a-s-h, g m a i l . c o m
_SPACED = re.compile(r"(?<![a-z0-9])[a-z0-9@$](?:[ ._\-*/|,~]{1,3}[a-z0-9@$]){3,}(?![a-z0-9])")
_LEET = str.maketrans("013457@$!|", "oieastasil")
_LEET_TOKEN = re.compile(r"[a-z0-9@$!|]+")
_LEET_SIGN = re.compile(r"[013457@$!|]")
_REPEAT = re.compile(r"([a-z])\1{2,}")


def readings(view: View) -> Iterator[View]:
    """Yield the view, and each further reading that differs from it."""
    latin = transliterated(view)
    yield latin
    squeezed = squeeze(latin)
    if squeezed is not latin:
        yield squeezed
    plain = collapse(deleet(squeezed))
    if plain is not squeezed:
        yield plain


def transliterated(view: View) -> View:
    """Return the view in ASCII letters; signs that stand for no letter become a space."""
    if view.text.isascii():
        return view
    indexes: list[int] = []
    signs: list[str] = []
    for index, sign in enumerate(view.text):
        plain = sign if sign.isascii() else _latin(sign)
        signs.append(plain)
        indexes.extend([index] * len(plain))
    return view.pick(indexes, "".join(signs))


def _latin(sign: str) -> str:
    """Emoji have names in the transliteration table (:dog:); only letters and numerals are read."""
    if unicodedata.category(sign)[0] not in "LN":
        return " "
    return anyascii(sign).lower() or " "


def squeeze(view: View) -> View:
    """Close up letters that were spread out, each by what separates them most."""
    dropped: set[int] = set()
    for match in _SPACED.finditer(view.text):
        gaps = [(i, view.text[i]) for i in range(*match.span()) if not view.text[i].isalnum()]
        common = Counter(sign for _, sign in gaps if sign not in "@$").most_common(1)
        drop = {" ", common[0][0]} if common else {" "}
        dropped.update(i for i, sign in gaps if sign in drop)
    if not dropped:
        return view
    return view.pick(i for i in range(len(view.text)) if i not in dropped)


def deleet(view: View) -> View:
    """Read digits and signs inside words as the letters that they imitate (v3nm0, p@yp@l)."""
    if not _LEET_SIGN.search(view.text):
        return view
    text = _LEET_TOKEN.sub(_read_leet, view.text)
    return view if text == view.text else View(text, view.starts, view.ends)


def _read_leet(match: re.Match[str]) -> str:
    token = match.group()
    letters = sum(sign.isalpha() for sign in token)
    return token.translate(_LEET) if letters >= 2 else token


def collapse(view: View) -> View:
    """Shorten a letter that is drawn out three times or more to one (caaaash)."""
    if not _REPEAT.search(view.text):
        return view
    dropped = {i for m in _REPEAT.finditer(view.text) for i in range(m.start() + 1, m.end())}
    return view.pick(i for i in range(len(view.text)) if i not in dropped)
