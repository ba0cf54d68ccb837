"""Whether what was found is refused by the sender: "please keep payment here, no Venmo"."""

import re

_CLAUSE_END = re.compile(
    r"[.!?;\n]|,\s*(?=(?:just|please|i|we|you|let|lets|let's|so|but|pay|send|use|venmo me|zelle me|paypal me|text|call|"
    r"message|add|hit|dm|only)\b)|\bbut\b|\binstead,|\bbecause\b|\botherwise\b"
)
_FAR = re.compile(
    r"\b(?:don'?t|do not|never|can'?t|cannot|can not|won'?t|will not|wouldn'?t|shouldn'?t|should not|must not|mustn'?t|"
    r"not allowed to|not going to|not comfortable|not able to|refuse(?: to)?|against|i'?d rather not|prefer not to|"
    r"please avoid|no need (?:for|to)|isn'?t allowed|not supposed to|doesn'?t (?:use|take|accept|do)|didn'?t|avoid|"
    r"instead of|rather than|nor|neither|without|stay away from|nobody should|told me not to|not)\b"
)
_NEAR = re.compile(r"\b(?:no|not|non|avoid|without|nor)\s+(?:\w+\s*,?\s*(?:or|and|nor|,)?\s*){0,4}$")
_NOT_REFUSING = re.compile(
    r"\b(?:why (?:not|don'?t)|no problem|no worries|not a problem|no need to worry|don'?t worry|not only|if not|"
    r"can'?t wait|why can'?t|if (?:you )?(?:don'?t|can'?t)|don'?t (?:forget|hesitate|mind)|"
    r"without (?:the |any |paying )?(?:\w+ )?fees?|avoid (?:the |paying )?(?:\w+ )?fees?|"
    r"rather not (?:use|pay|go)[^.!?,]*(?:app|platform|petwash|here|site|fee)|"
    r"don'?t (?:you )?(?:just )?(?:pay|book|use|go|do (?:it|this)|want to pay|tell)[^.!?,]*(?:app|"
    r"platform|petwash|here|site|fees?|them|support))\b"
)
_AFTER = re.compile(
    r"^[^.!?;\n]{0,30}?\b(?:(?:is|are|isn'?t|aren'?t|was)\s+(?:not|never|against|forbidden|prohibited|"
    r"no longer|allowed|ok|okay|"
    r"accepted|off the table)|not (?:allowed|accepted|ok|okay|an option|for me)|against the|won'?t (?:work|do|be)|"
    r"breaks the rules|(?:so )?please (?:don'?t|keep)|, sorry)\b"
)
_AFTER_POSITIVE = re.compile(r"^[^.!?;\n]{0,30}?\b(?:is|are)\s+(?:allowed|ok|okay|accepted)\b")
_BEFORE, _BEHIND = 90, 50


def is_refused(text: str, start: int, end: int) -> bool:
    """Tell whether the clause around `text[start:end]` turns the thing down."""
    before = text[max(0, start - _BEFORE) : start]
    ends = [match.end() for match in _CLAUSE_END.finditer(before)]
    clause = before[ends[-1] :] if ends else before
    whole = _NOT_REFUSING.sub(" ", clause + text[start:end])
    clause = whole[: max(0, len(whole) - (end - start))]
    if _FAR.search(clause) or _NEAR.search(clause):
        return True
    behind = text[end : end + _BEHIND]
    return bool(_AFTER.search(behind)) and not _AFTER_POSITIVE.search(behind)
