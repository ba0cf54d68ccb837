"""How people write digits: figures, words in five languages, look-alike letters, CJK numerals."""

import re
import unicodedata

_ENGLISH = "zero one two three four five six seven eight nine"
_OTHERS = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "zero un deux trois quatre cinq six sept huit neuf",
    "null eins zwei drei vier funf sechs sieben acht neun",
    "zero um dois tres quatro cinco seis sete oito nove",
)
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"

WORDS: dict[str, str] = {"nought": "0", "naught": "0", "nil": "0", "niner": "9", "fourty": "40", "fuenf": "5"}
for _names in (*_OTHERS, _ENGLISH):
    WORDS.update({name: str(value) for value, name in enumerate(_names.split())})
WORDS.update({name: str(value) for value, name in enumerate(_TEENS.split(), 10)})
TENS = {name: str(value) for value, name in enumerate(_TENS.split(), 2)}
TENS["fourty"] = "4"
REPEATS = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
TAILS = {"hundred": "00"}  # 800 numbers; a thousand is a sum
# Words that sound like digits count only among digits that are spelled out.
HOMOPHONES = {"oh": "0", "o": "0", "won": "1", "wan": "1", "to": "2", "too": "2", "tree": "3", "free": "3",
              "for": "4", "fore": "4", "fife": "5", "sex": "6", "ate": "8"}  # fmt: skip

# English words that may be run together with figures and each other: 4one5, fouronefive.
_GLUED = re.compile(
    r"\d|" + "|".join(sorted([*_ENGLISH.split(), *_TEENS.split(), *TENS], key=len, reverse=True)),
)
_GLUED_TOKEN = re.compile(rf"(?:{_GLUED.pattern})+")
_ALIKE = str.maketrans("oilsbzgq|!$", "01158299115")
_ALIKE_TOKEN = re.compile(r"[0-9oilsbzgq|!$]+")
_ALIKE_LETTERS = re.compile(r"[oils|!]{1,4}")
_INTERLEAVED = re.compile(r"\d(?:[a-z]{1,2}\d){4,}")
_LEET_WORD = str.maketrans("01345!|", "oieasil")
_NOT_DIGITS = frozenset(
    [
        "so",
        "is",
        "oil",
        "ill",
        "lol",
        "lo",
        "io",
        "oo",
        "loss",
        "solo",
        "soil",
        "soils",
        "silo",
        "silos",
        "oils",
        "sis",
        "sos",
        "lil",
        "li",
        "loo",
    ]
)
# A figure with its unit is a quantity: 55lbs, 10ml, 2nd, 9am.
_UNIT = re.compile(
    r"\d+(?:lbs?|kgs?|g|gs|mg|mcg|ml|l|oz|s|st|nd|rd|th|h|hrs?|min|mins|am|pm|k|km|mi|ft|cm|mm|in|x|yo|"
    r"yrs?|wks?|d|b|ish|gb|mph)"
)


def read_figures(token: str) -> str | None:
    """Return the digits that a word of letters and figures stands for, or None when it stands for none."""
    if token.isdigit() and token.isascii():
        return token
    if token in WORDS:
        return WORDS[token]
    if not token.isascii():
        return _read_cjk(token)
    if _UNIT.fullmatch(token):
        return None
    if len(token) <= 60 and _GLUED_TOKEN.fullmatch(token):
        return "".join(_read_piece(piece) for piece in _GLUED.findall(token))
    return _read_imitation(token)


def read_letters_as_digits(token: str) -> str | None:
    """Return the digits that bare look-alike letters imitate (SSS, lO): only neighbours make them believable."""
    if _ALIKE_LETTERS.fullmatch(token) and token not in _NOT_DIGITS:
        return token.translate(_ALIKE)
    return None


def _read_piece(piece: str) -> str:
    if piece in TENS:
        return TENS[piece] + "0"
    return WORDS.get(piece, piece)


def _read_imitation(token: str) -> str | None:
    digits = sum(sign.isdigit() for sign in token)
    if not digits:
        return None
    if _ALIKE_TOKEN.fullmatch(token) and digits * 3 >= len(token):
        return token.translate(_ALIKE)
    if _INTERLEAVED.fullmatch(token):
        return "".join(sign for sign in token if sign.isdigit())
    return WORDS.get(token.translate(_LEET_WORD))


def _read_cjk(token: str) -> str | None:
    values = [unicodedata.numeric(sign, -1.0) for sign in token]
    if all(0 <= value <= 9 and value == int(value) for value in values):
        return "".join(str(int(value)) for value in values)
    return None
