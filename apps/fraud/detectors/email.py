"""E-mail addresses: as they are written, and as they are written to get past a filter."""

import re
from collections.abc import Iterator

from apps.fraud.detectors.domains import COMMON_TLDS, MAIL_PROVIDERS
from apps.fraud.normalise import View
from apps.fraud.states import Category
from apps.fraud.types import Finding

_PLAIN = re.compile(r"[a-z0-9][a-z0-9._%+'\-]{0,63}@[a-z0-9](?:[a-z0-9\-]{0,62}\.)+[a-z0-9]{2,24}(?![a-z0-9])")

_OPEN, _CLOSE = r"[(\[{<*_\-|/~\"]{1,2}", r"[)\]}>*_\-|/~\"]{1,2}"
# "at" that can only be the sign: the sign itself (spaced, as an entity), or bracketed, or in another tongue.
_AT = rf"(?:\s*(?:@|&#0?64;|%40|{_OPEN}\s*(?:at|a|@|arroba)\s*{_CLOSE})\s*|\s+(?:arroba|at[ -]?sign|at[ -]?symbol)\s+)"
_DOT = (
    rf"(?:\s*{_OPEN}\s*(?:dot|punto|point|punkt|\.)\s*{_CLOSE}\s*|\s+(?:dot|punto|punkt|period)\s+|\s*[.,]\s*|&#0?46;)"
)
_SPOKEN_DOT = rf"(?:\s*{_OPEN}\s*(?:dot|punto|point|punkt|\.)\s*{_CLOSE}\s*|\s+(?:dot|punto|punkt|point|period)\s+)"
_TLD = "(?:" + "|".join(COMMON_TLDS) + ")"
_PROVIDER = "(?:" + "|".join(MAIL_PROVIDERS) + ")"
_LOCAL = (
    rf"[a-z0-9][a-z0-9.+'\-_]{{0,40}}?(?:(?:{_SPOKEN_DOT}|\s*\.\s*|\s+(?:underscore|dash|"
    rf"hyphen)\s+)[a-z0-9][a-z0-9+'\-_]{{0,30}}?){{0,3}}"
)
_DOMAIN = rf"[a-z0-9][a-z0-9\-]{{0,40}}?(?:{_SPOKEN_DOT}[a-z0-9\-]{{1,30}}?){{0,2}}"

_SIGNED = re.compile(rf"(?<![a-z0-9]){_LOCAL}{_AT}{_DOMAIN}{_DOT}{_TLD}(?![a-z0-9])")
# "look at petshop dot com" speaks of a site, not of an address.
_NO_LOCAL = (
    r"(?!(?:look|looking|looks|see|find|found|us|me|is|am|are|was|be|check|photos?|pics?|pictures|"
    r"order|book|site|website|here|it|him|"
    r"her|them|live|reviews?|profile|page|buy|bought|read|sign up|info|information|food|stuff|available)\s+at\b)"
)
_SPOKEN = re.compile(
    rf"(?<![a-z0-9]){_NO_LOCAL}{_LOCAL}[\s_\-]+at[\s_\-]+{_DOMAIN}(?:{_SPOKEN_DOT}|[_\-]dot[_\-]){_TLD}(?![a-z0-9])"
)
_AT_PROVIDER = re.compile(
    rf"(?<![a-z0-9])[a-z0-9][a-z0-9._+\-]{{1,40}}(?:{_AT}|[\s_\-]+at[\s_\-]+|"
    rf"\s+a\s+){_PROVIDER}(?:\s*(?:{_DOT}|\s)\s*{_TLD})?(?![a-z0-9])"
)
_GLUED = re.compile(rf"(?<![a-z0-9])[a-z0-9._+\-]{{2,40}}?(?:at|@){_PROVIDER}(?:dot|\.|,)?{_TLD}(?![a-z0-9])")
_BY_PROVIDER = re.compile(
    rf"\b(?:my\s+)?(?:e-?mail|{_PROVIDER})(?:\s+(?:address|account|addy|handle|name|"
    r"user ?name))?\s*(?:is|:|=|->?|>)+\s*"
    rf"(?P<token>[a-z0-9]{{0,24}}(?:[._+\-]|\d)[a-z0-9._+\-]{{0,24}}[a-z0-9])"
)
_TOKEN_THEN_PROVIDER = re.compile(
    r"(?<![a-z0-9])[a-z0-9]{0,24}(?:[._+]|\d)[a-z0-9._+\-]{0,24}[a-z0-9]\s*[,(\[:]?\s*(?:gmail|g-mail|"
    r"hotmail|protonmail)\b"
)
_REVERSED = re.compile(r"\b(?:moc|gro|ten|ed|ku\.oc)\.[a-z]{3,12}@[a-z0-9._\-]{2,30}")
_IN_BRACKETS = re.compile(
    r"(?<![a-z0-9])[a-z0-9._+\-]{4,30}\s*[(\[]\s*(?:gmail|g-mail|hotmail|protonmail|icloud|yahoo)\s*[)\]]"
)
_HINT = re.compile(
    rf"@|\bat\b|&#0?64|%40|arroba|\(a\)|\[a\]|mail\b|at(?:gmail|hotmail|yahoo|outlook|icloud)|{_PROVIDER}"
)


_GRAMMARS = (
    (_PLAIN, "contact.email", 0.97),
    (_SIGNED, "contact.email_disguised", 0.95),
    (_SPOKEN, "contact.email_disguised", 0.93),
    (_AT_PROVIDER, "contact.email_disguised", 0.9),
    (_GLUED, "contact.email_disguised", 0.9),
    (_BY_PROVIDER, "contact.email_disguised", 0.85),
    (_REVERSED, "contact.email_disguised", 0.9),
    (_IN_BRACKETS, "contact.email_disguised", 0.82),
    (_TOKEN_THEN_PROVIDER, "contact.email_disguised", 0.82),
)


def detect(view: View) -> Iterator[Finding]:
    """Yield the e-mail addresses of a message."""
    if not _HINT.search(view.text):
        return
    for grammar, rule, score in _GRAMMARS:
        for match in grammar.finditer(view.text):
            group: int | str = "token" if "token" in grammar.groupindex else 0
            yield Finding(Category.CONTACT, rule, match.start(group), match.end(group), score)
