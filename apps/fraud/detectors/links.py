"""Links: with a scheme, bare, or spelled out."""

import re
from collections.abc import Iterator

from apps.fraud.detectors.domains import CHAT_HOSTS, OWN_HOSTS, SAFE_TLDS
from apps.fraud.normalise import View
from apps.fraud.states import Category
from apps.fraud.types import Finding

_TLD = "(?:" + "|".join(sorted(SAFE_TLDS, key=len, reverse=True)) + ")"
_PATH = r"(?::\d{2,5})?(?:[/?#][^\s<>\"]*)?"
_SCHEME = re.compile(r"\b(?:https?|hxxps?|ftp)\s?:\s?/\s?/\s?[^\s<>\"]{3,}")
_WWW = re.compile(r"\bwww\s?\.\s?[a-z0-9\-]+(?:\s?\.\s?[a-z0-9\-]+)+" + _PATH)
_BARE = re.compile(rf"(?<![@\w.])(?:[a-z0-9][a-z0-9\-]{{0,62}}\.)+{_TLD}(?![\w@]|\.\w){_PATH}")
_CHAT = re.compile(r"(?<![@\w.])(?:" + "|".join(map(re.escape, CHAT_HOSTS)) + r")/\S+")
_BRACKET_DOT = r"\s*[(\[{<]\s*(?:dot|\.)\s*[)\]}>]\s*"
_SPELLED = re.compile(
    rf"(?<![@\w.])[a-z0-9][a-z0-9\-]{{1,62}}(?:{_BRACKET_DOT}|\s+dot\s+|\s+\.\s*|\s*\.\s+(?=com\b))"
    rf"(?:com|net|org|info|biz|io|co|app)(?![\w]|\s+dot\b)(?:\s*(?:/|slash)\s*[a-z0-9\-_/]+)?"
)
_OWN = re.compile(
    r"(?:https?://)?(?:[a-z0-9\-]+\.)*(?:"
    + "|".join(map(re.escape, OWN_HOSTS))
    + r")(?=[.,!]?(?:$|\s)|[/?#]|:\d+(?:/|$))"
)
_HINT = re.compile(r"://|: ?/ ?/|www|\.\s?[a-z]{2}|\bdot\b|[(\[{<]\s*\.\s*[)\]}>]|\s\.\s*(?:com|net|org)")

_GRAMMARS = (
    (_SCHEME, "contact.link", 0.92),
    (_WWW, "contact.link", 0.92),
    (_CHAT, "contact.link", 0.95),
    (_BARE, "contact.link", 0.88),
    (_SPELLED, "contact.link_disguised", 0.88),
)


def detect(view: View) -> Iterator[Finding]:
    """Yield the links of a message, except to our own site."""
    if not _HINT.search(view.text):
        return
    for grammar, rule, score in _GRAMMARS:
        for match in grammar.finditer(view.text):
            if not _OWN.match(match.group()):
                yield Finding(Category.CONTACT, rule, match.start(), match.end(), score)
