"""Look-alike characters: one character in, the plain characters that it is drawn as out.

Source: Unicode Technical Standard 39, `confusables.txt`, as shipped by `confusable_homoglyphs`;
Unicode's own decompositions; and the emoji letters, which neither of them covers.
"""

import unicodedata
from functools import lru_cache

from confusable_homoglyphs.confusables import confusables_data

# Drawn as nothing, but letters to Unicode: Hangul fillers, the blank Braille cell.
_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
# Marks on a letter and signs without a glyph: accents, keycaps, zero-width, bidi, tags, controls.
_DROPPED_CATEGORIES = frozenset({"Mn", "Me", "Cf", "Cc"})
_MAX_ROUNDS = 4


def _table() -> dict[str, str]:
    """Return look-alike -> ASCII for every single non-ASCII character of the Unicode table."""
    table: dict[str, str] = {}
    for sign, alikes in confusables_data.items():
        if len(sign) != 1 or sign.isascii():
            continue
        plain = next((alike["c"] for alike in alikes if alike["c"].isascii()), None)
        if plain is not None:
            table[sign] = plain
    return table


def _emoji_letters() -> dict[str, str]:
    """Return flag letters, and white letters on black discs and squares."""
    starts = (0x1F1E6, 0x1F150, 0x1F170)
    return {chr(start + i): chr(ord("a") + i) for start in starts for i in range(26)}


_LOOKALIKES = {**_table(), **_emoji_letters()}


@lru_cache(maxsize=16_384)
def fold_character(sign: str) -> str:
    """Return the sign's plain lower-case form; empty for what is not drawn. Folding twice changes nothing."""
    folded = sign
    for _ in range(_MAX_ROUNDS):
        again = "".join(_fold_once(part) for part in folded)
        if again == folded:
            break
        folded = again
    return folded


def _fold_once(sign: str) -> str:
    if sign == "\n":
        return sign
    if sign.isspace():
        return " "
    if unicodedata.category(sign) in _DROPPED_CATEGORIES or sign in _INVISIBLE_LETTERS:
        return ""
    digit = unicodedata.digit(sign, None)
    if digit is not None:
        return str(digit)
    if sign.isascii():
        return sign.lower()
    return _plain(sign)


def _plain(sign: str) -> str:
    """Unicode's own reading wins where it is ASCII: a bold I is an I, though it looks like an l."""
    compatible = unicodedata.normalize("NFKC", sign)
    if compatible.isascii():
        return compatible.lower()
    alike = _LOOKALIKES.get(sign)
    if alike in (None, "l"):
        alike = _LOOKALIKES.get(sign.casefold(), alike)
    if alike is not None:
        return alike.lower()
    return unicodedata.normalize("NFKD", compatible.casefold())
