"""Names on other networks: @handles, "my insta is ...", and the wish to move there."""

import re
from collections.abc import Iterator

from apps.fraud.detectors.refusals import is_refused
from apps.fraud.normalise import View
from apps.fraud.states import Category
from apps.fraud.types import Finding

# Networks whose names are no other English word, and those that need a frame to be one.
_SURE = (
    r"(?:insta(?:gram)?|whats ?app|watsapp|whatsap|telegram|snap ?chat|facebook|face ?book|fb|messenger|wechat|viber|"
    r"discord|skype|kik|tik ?tok|twitter|linkedin|imessage|facetime|next ?door|threema)"
)
_UNSURE = r"(?:ig|snap|signal|line|tg|wa|x|insta)"
_NETWORK = rf"(?:{_SURE}|{_UNSURE})"
_NAME = r"@?[a-z0-9][a-z0-9._\-]{2,30}[a-z0-9]"
_MARKED_NAME = r"(?:@[a-z0-9][a-z0-9._\-]{1,30}|[a-z]{1,20}[a-z0-9]{0,20}[._\-\d][a-z0-9._\-]{0,30}[a-z0-9])"
_COPULA = r"\s*(?:is|:|=|->|handle is|handle|user ?name is|user ?name|user|id is|id|name is|account is|as|under|@)+\s*"

_AT_SIGN = re.compile(r"(?<![\w.%+\-@])@\s?[a-z][a-z0-9._\-]{2,30}[a-z0-9_](?![\w@]|\.[a-z]{2})")
_BY_NETWORK = re.compile(
    rf"\b(?:my\s+)?{_NETWORK}(?:\s+(?:handle|user ?name|id|name|account|page|number))?{_COPULA}(?P<token>{_NAME})"
)
_NETWORK_NAME = re.compile(rf"\b{_NETWORK}\s+(?P<token>{_MARKED_NAME})(?!-)")
_ADD_ME = re.compile(
    r"\b(?:add|find|follow|message|msg|dm|text|reach|contact|hit|ping|look)\s+(?:me|"
    r"us)?\s*(?:up\s+)?(?:on|at|via|over|through|by|in)\s+"
    rf"(?:the\s+|my\s+)?(?:{_SURE}|ig|snap|signal|line|tg|wa)\b(?:{_COPULA}{_NAME}|\s*[,:]?\s*(?:i am|"
    rf"i'm|im|it's|its|as)?\s*{_MARKED_NAME})?"
)
_NAME_ON = re.compile(rf"(?P<token>{_MARKED_NAME})\s+(?:on|in|at)\s+(?:the |my )?{_NETWORK}\b")
_NETWORK_ME = re.compile(
    r"\b(?:whats ?app|telegram|snap(?:chat)?|insta|dm|imessage|facetime|skype) (?:me|"
    r"us)\b(?! (?:a photo|photos|pics))"
)
_MOVE = re.compile(
    r"\b(?:let'?s|lets|we (?:can|could|should)|can we|could we|shall we|move|switch|continue|talk|"
    r"chat|speak|easier|better|"
    r"rather|prefer(?: to)?|do you (?:have|use)|you (?:have|got|on)|are you on|i'?m on|send (?:me|"
    rf"you)|your)\b[^.!?\n]{{0,40}}?\b"
    rf"(?:{_SURE})\b(?!-)(?!\s*(?:post|posts|photos?|pictures?|page|group|video|videos|account is))"
)
_ASK = re.compile(
    r"\b(?:what'?s|what is|send(?: me)?|give me|share|drop|text me|can i (?:have|get)|could i (?:have|get)|may i have|"
    r"shoot me|pm me|dm me)\s+(?:me\s+)?(?:your|ur|yr)\s+(?:phone|cell|mobile|telephone|whats ?app|digits|"
    r"(?:phone|cell|mobile|contact) (?:number|no|nr|details|info)|number|e-?mail(?: address)?|contact|"
    r"insta(?:gram)?|snap(?:chat)?|telegram|handle)\b"
)
_OFF_APP = re.compile(
    r"\b(?:talk|chat|text|speak|message|communicate|continue|contact (?:me|each other)|reach (?:me|"
    r"out))\s+(?:to me\s+|me\s+)?"
    r"(?:outside(?: of)?|off)\s+(?:the |this )?(?:app|platform|site|petwash|here)\b"
)
_HINT = re.compile(rf"@|\b{_NETWORK}\b|\bdm\b|\byour\b|\bur\b|\byr\b|\boff\b|outside")

_GRAMMARS = (
    (_AT_SIGN, "contact.handle", 0.86),
    (_BY_NETWORK, "contact.handle_on_network", 0.86),
    (_NETWORK_NAME, "contact.handle_on_network", 0.84),
    (_ADD_ME, "contact.move_to_network", 0.82),
    (_NAME_ON, "contact.handle_on_network", 0.84),
    (_NETWORK_ME, "contact.move_to_network", 0.7),
    (_MOVE, "contact.move_to_network", 0.6),
    (_ASK, "contact.asks_for_contact", 0.6),
    (_OFF_APP, "contact.move_off_app", 0.65),
)


def detect(view: View) -> Iterator[Finding]:
    """Yield handles, and wishes to go on elsewhere, unless the sender refuses to."""
    if not _HINT.search(view.text):
        return
    for grammar, rule, score in _GRAMMARS:
        for match in grammar.finditer(view.text):
            if not is_refused(view.text, match.start(), match.end()):
                group: int | str = "token" if "token" in grammar.groupindex else 0
                yield Finding(Category.CONTACT, rule, match.start(group), match.end(group), score)
