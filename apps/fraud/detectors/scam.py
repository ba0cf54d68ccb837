"""Known frauds of marketplaces: overpayment, cheques, gift cards, phishing, advance fees."""

from apps.fraud.detectors.grammar import Grammar, Phrase, Together, compiled
from apps.fraud.states import Category

_CHEQUE = (
    r"(?:cheque|(?:a|the|my|your|by|this|that|personal|company|bank) check|cashier'?s? (?:check|"
    r"cheque)|certified (?:check|cheque)|bank(?:er'?s)? draft|money order)"
)
_PRIVATE = (
    r"(?:password|passcode|pin|otp|log ?in|credentials|ssn|social security|card (?:number|details|"
    r"info)|cvv|bank (?:details|info|login|account))"
)
_CODE = (
    r"(?:verification|security|confirmation|authentication|6[- ]?digit|six[- ]?digit|one[- ]?time|sms|"
    r"access|login|google(?: voice)?)"
)
_GIFT = (
    r"(?:(?:gift|steam|itunes|apple|google play|amazon|vanilla|razer|ebay|visa gift|target|"
    r"walmart) ?(?:gift )?cards?|gift ?cards?)"
)

_PHRASES = (
    Phrase(
        "scam.overpayment",
        compiled(
            r"\b(?:over ?pa(?:y|id|yment)|extra (?:money|funds|amount|cash)|(?:the )?(?:balance|difference|"
            r"excess|remainder|surplus|rest of the (?:money|funds)))\b[^.!?\n]{0,60}"
            r"\b(?:send|refund|wire|return|forward|transfer|give|mail|pay)\b|"
            r"\b(?:send|refund|wire|return|forward|transfer|mail)\b[^.!?\n]{0,40}\b(?:the )?(?:balance|"
            r"difference|excess|remainder|surplus|extra|overpayment|rest of the (?:money|"
            r"funds))\b[^.!?\n]{0,50}"
        ),
        0.72,
        excuse=compiled(
            r"\b(?:app will|pet ?wash will|the platform|support|pet ?wash (?:refunds?|returns?)|automatically|"
            r"food|kibble|treats|charged me twice|refunded)\b"
        ),
    ),
    Phrase(
        "scam.cheque",
        compiled(
            r"\b(?:send|mail|pay|issue|deposit|cash|write|receive|bring|accept|take|with|by|via|post|courier|"
            r"fedex|overnight)(?:ed|ing|s)?\b[^.!?\n]{0,40}?\b(?:(?:a|the|my|our|you a|by|your|certified|"
            r"by a) )*"
            r"(?:cheque|cashier'?s? (?:check|cheque)|certified (?:check|cheque)|bank(?:er'?s)? draft|"
            r"money order|(?:a|the|my|by|our|via|with) check(?! (?:in|on|up|out|-|list|whether|if|that|his|her|"
            r"the)))\b"
        ),
        0.7,
        excuse=compiled(
            r"\b(?:vet check|health check|wellness check|check[- ]?(?:in|up|out|list)|background check|"
            r"do a check|with a check of|quick check)\b"
        ),
    ),
    Phrase(
        "scam.overpaid_cheque",
        compiled(
            rf"\b{_CHEQUE}\b[^!?]{{0,120}}\b(?:more than|over|extra|excess|difference|balance|remaining|refund|"
            r"send (?:the )?(?:rest|remainder|back)|mover|movers|agent|driver|"
            r"wheel ?chair|supplies|vendor|shipper)\b|\b(?:deposit|cash) (?:the|it|my|"
            rf"this) ?{_CHEQUE}?\b[^!?]{{0,60}}\b(?:send|wire|keep|forward|transfer|deduct)\b"
        ),
        0.9,
        excuse=compiled(
            r"\b(?:check[- ]?(?:in|up|out|on)|vet check|health check|check (?:if|whether|that|his|her|the))\b"
        ),
    ),
    Phrase(
        "scam.gift_card_code",
        compiled(
            r"\b(?:buy|get|purchase|send|pick up|grab|pay|scratch|need|use|with|by|"
            rf"via)\b[^.!?\n]{{0,40}}\b{_GIFT}\b(?=[^!?]{{0,120}}\b(?:code|codes|back|picture|photo|pic|number|"
            r"numbers|scratch|receipt|reimburse|pay you back|refund)\b)|"
            rf"\b(?:scratch|code|codes|pin|picture|photo|numbers?)\b[^.!?\n]{{0,40}}\b{_GIFT}\b"
        ),
        0.92,
    ),
    Phrase(
        "scam.gift_card_payment",
        compiled(
            r"\b(?:pay|payment|paid|send|settle|accept|deposit)\b(?: (?:you|me|for|the|it|with|in|by|via|"
            rf"using|through|a|an|some|stay|booking|fee|\$?\d+|worth|of|us|as)){{0,6}} {_GIFT}\b|\b(?:buy|"
            r"purchase|get|need)\b(?: me)?(?: (?:a|an|some|two|three|four|five|few|the|\$?\d+|worth|of|couple|"
            rf"dollars?|in)){{0,5}} {_GIFT}\b"
        ),
        0.78,
        excuse=compiled(
            r"\b(?:thank(?:s| you)|birthday|christmas|present|gave (?:you|him|her)|pet store|groomer|for you|"
            r"as a (?:tip|gift|thank))\b"
        ),
    ),
    Phrase(
        "scam.untraceable",
        compiled(r"\b(?:western union|money ?gram|ria money|world ?remit|perfect money)\b"),
        0.88,
    ),
    Phrase(
        "scam.crypto",
        compiled(
            r"\b(?:invest(?:ment|ing|or)?|double your|triple your|guaranteed (?:return|profit)|"
            r"trading (?:platform|signal)|forex|passive income|earn \$?\d+\w* (?:a|per) (?:day|week)|"
            r"bitcoin wallet|crypto (?:wallet|invest\w*|trad\w*))\b"
            r"[^!?]{0,80}\b(?:bitcoin|btc|crypto\w*|usdt|profit|returns?|money|forex|trading|days?|platform|deposit)\b"
        ),
        0.84,
    ),
    Phrase(
        "scam.asks_for_secret",
        compiled(
            r"\b(?:send|give|tell|share|provide|confirm|verify|enter|need|update|forward|read|text|submit|"
            r"fill in|reply with)\b(?: (?:me|us|your|the|with|in|of|back|to|for|full|online|ur|my|just|please|"
            rf"a)){{0,5}} (?:{_PRIVATE}|{_CODE} (?:code|number|pin))\b"
        ),
        0.84,
        excuse=compiled(
            r"\b(?:wi-?fi|alarm|door|gate|lock ?box|garage|building|entry|keypad|netflix|crate|house|"
            r"booking pin|stay pin|the pin (?:in|from) the app|router|camera|starts? the stay|start the stay|"
            r"start pin|front|apartment)\b"
        ),
    ),
    Phrase(
        "scam.code_received",
        compiled(
            r"\b(?:you(?:'ll| will)? (?:get|receive|just got)|i(?:'ve| have)? (?:just )?sent (?:you|a|the)|"
            r"sent to your (?:phone|mobile|email)|"
            rf"texted you)\b[^.!?\n]{{0,40}}\b(?:{_CODE} )?code\b[^!]{{0,60}}\b(?:send|tell|give|read|share|"
            r"forward|what is it|text)\b|\b(?:send|tell|give|read|share|forward) (?:me |"
            rf"us )?(?:back )?(?:the |that |your )?(?:{_CODE} )?code (?:you (?:get|got|receive|received)|"
            r"(?:that |which )?i (?:just |have )?sent|"
            r"that (?:you|was)|i (?:just )?sent|sent to|from the (?:text|sms))"
        ),
        0.9,
    ),
    Phrase(
        "scam.phishing",
        compiled(
            r"\b(?:your )?(?:pet ?wash |sitter |owner |paypal |bank )?(?:account|profile|payment|payout|"
            r"booking|listing)\b[^.!?\n]{0,40}\b(?:suspended|locked|limited|on hold|deactivated|restricted|"
            r"blocked|expired?|terminated|cancelled|pending|frozen|verif\w+)\b[^!?]{0,100}"
            r"\b(?:click|verify|confirm|log ?in|sign in|link|update|visit|follow|tap|reply|upgrade|release)\b|"
            r"\b(?:click|tap|follow|open|visit|use) (?:on )?(?:the|this|my|that|here|"
            r"below)(?: \w+){0,2} ?(?:link|url|button|page|form)?\b[^.!?\n]{0,50}\b(?:verify|confirm|claim|"
            r"receive|unlock|log ?in|sign in|release|update|get paid|payout|restore|refund)\b|"
            r"\b(?:i am|i'm|this is|we are) (?:from |with )?(?:the )?pet ?wash (?:support|team|security|"
            r"billing|admin\w*|staff|customer)|"
            r"\b(?:verify|confirm|update) your (?:account|identity|payment|payout|billing|"
            r"bank)\b[^.!?\n]{0,60}\b(?:link|click|here|below|within|immediately|or)\b"
        ),
        0.84,
        excuse=compiled(
            r"\b(?:i contacted|i called|asked|wrote to|heard from|the app says|my vetting|background check)\b"
        ),
    ),
    Phrase(
        "scam.advance_fee",
        compiled(
            r"\b(?:pay|send|cover|settle|need|requires?|there is|transfer|wire)\b[^.!?\n]{0,40}\b(?:shipping|"
            r"transport|release|customs|clearance|processing|insurance|upgrade|activation|registration|crate|"
            r"delivery|courier|refundable|handling|admin|background check) (?:fee|deposit|charge|cost)s?\b"
        ),
        0.62,
        excuse=compiled(r"\b(?:vet|airline|hotel|park|through the app|in the app|food delivery)\b"),
    ),
    Phrase(
        "scam.absent_payer",
        compiled(
            r"\b(?:(?:i am|i'm|im|currently) (?:\w+ ){0,3}(?:out of (?:the )?(?:country|state|town)|overseas|"
            r"abroad|deployed|offshore|at sea|on (?:a )?(?:ship|vessel|rig|military)|in the (?:military|army|"
            r"navy)|hearing impaired|deaf|relocating|moving (?:to|down)))\b"
            r"[^!?]{0,160}\b(?:cheque|check(?! (?:in|on|up))|my (?:agent|assistant|secretary|mover|movers|"
            r"client|shipper|lawyer|driver|accountant)|pay (?:you )?(?:upfront|in advance|up front|ahead)|"
            r"cashier'?s? check|money order|certified|send (?:you )?(?:the )?(?:money|payment|funds)|wire)\b"
        ),
        0.86,
    ),
    Phrase(
        "scam.third_party_pays",
        compiled(
            r"\bmy (?:agent|assistant|secretary|mover|movers|shipper|client|financial (?:advisor|adviser|"
            r"manager)|accountant|boss|company|sponsor|attorney|courier|caretaker)\b[^.!?\n]{0,50}\b(?:send|"
            r"mail|pay|issue|deliver|bring|drop)\b[^.!?\n]{0,40}\b(?:cheque|check|payment|money|funds|"
            r"deposit)\b"
        ),
        0.84,
    ),
    Phrase(
        "scam.prize",
        compiled(
            r"\b(?:you(?:'ve| have)? won|congratulations|claim your|selected (?:as|to)|lucky winner|free grant|"
            r"inheritance|lottery|next of kin)\b[^!?]{0,60}\b(?:prize|reward|\$ ?\d|gift|million|claim|iphone|"
            r"funds|winner|voucher|usd|dollars)\b"
        ),
        0.82,
        excuse=compiled(r"\b(?:dog show|best in show|ribbon|agility|competition|rescue)\b"),
    ),
)

_HOUSE = (
    r"wi-?fi|alarm|door|gate|lock ?box|garage|building|entry|keypad|netflix|crate|house|apartment|front|elevator|"
    r"booking pin|start pin|start the stay|from the app|in the app|router|camera"
)
_TOGETHER = (
    Together(
        "scam.asks_money_back",
        (
            compiled(
                r"\b(?:over ?paid|over ?payment|too much|by mistake|mistakenly|accident\w*|in error|"
                r"instead of \$?\d+)\b"
            ),
            compiled(r"\b(?:refund|send|return|wire|transfer|zelle|venmo|cash ?app|forward|give|pay)\b"),
            compiled(
                r"\b(?:me|us|it) (?:back|the)\b|\bback (?:the|to)\b|\b(?:balance|difference|extra|excess|remainder|"
                r"surplus)\b"
            ),
        ),
        0.84,
        excuse=compiled(r"(?<!cash )\b(?:app|pet ?wash|support|food|treats?|fed|kibble|pills?|keys?)\b"),
    ),
    Together(
        "scam.cheque_and_rest",
        (
            compiled(rf"\b(?:{_CHEQUE}\b|checks?(?= (?:has|was|will|is|for)\b))"),
            compiled(
                r"\b(?:the|any) (?:rest|remaining\w*|remainder|balance|difference|excess)\b|\bonce it clears\b|"
                r"\btake out your\b|\bkeep (?:your|\$?\d+)"
            ),
        ),
        0.9,
        excuse=compiled(r"\b(?:vet|health|wellness|background) check\b|\bcheck[- ]?(?:in|up|out|list)\b"),
    ),
    Together(
        "scam.gift_card_favour",
        (
            compiled(rf"\b{_GIFT}\b"),
            compiled(r"\b(?:reimburse|pay you back|favou?r|codes?|scratch|photo|picture|pics?|the back|numbers?)\b"),
        ),
        0.86,
        excuse=compiled(r"\b(?:thank you|thanks|on the table|present for you)\b"),
    ),
    Together(
        "scam.wants_the_code",
        (
            compiled(
                rf"\b{_CODE} (?:code|number|pin)\b|\bcode (?:that |which )?(?:you|i) (?:just |have |will )?(?:got|"
                r"get|received?|sent)\b"
            ),
            compiled(r"\b(?:send|tell|give|read|share|forward|what'?s|what is|text|need)\b"),
        ),
        0.86,
        excuse=compiled(rf"\b(?:{_HOUSE})\b"),
    ),
    Together(
        "scam.payer_is_away",
        (
            compiled(
                r"\b(?:abroad|overseas|army|navy|military|marine|deployed|deployment|offshore|oil rig|"
                r"out of the country|"
                r"hearing impaired)\b"
            ),
            compiled(
                r"\b(?:(?:my|shipping|moving) (?:agent|assistant|courier|shipper|mover)s?|cheque|checks? (?:will|"
                r"by|to)|courier|"
                r"pay you (?:up ?front|in advance)|your payment|money order|western union)\b"
            ),
        ),
        0.84,
    ),
    Together(
        "scam.pay_first",
        (
            compiled(
                r"\b(?:refundable|release|customs|insurance|shipping|transport\w*|upgrade|clearance|courier|"
                r"delivery|activation)\b"
                r"(?: \w+){0,2} (?:fee|deposit|charge|cost|payment)s?\b|\bonly pay (?:for )?(?:the )?(?:transport|"
                r"shipping|delivery)\b"
            ),
            compiled(
                r"\b(?:pupp?y?|kittens?|releases?|payout|prize|before you|first|winner|iphone|is free|business account|"
                r"send (?:me |us )?\$?\d+)\b"
            ),
        ),
        0.82,
        excuse=compiled(r"\b(?:vet|food|kibble|hotel|in the app|through the app)\b"),
    ),
    Together(
        "scam.quick_money",
        (
            compiled(r"\b(?:bitcoin|btc|crypto\w*|forex|trading|binary options|nft)\b"),
            compiled(
                r"\b(?:earn\w*|profits?|made \$?\d+|invest\w*|(?:a|per) (?:day|week|month)|show you how|teach you|"
                r"double|returns?)\b"
            ),
        ),
        0.86,
    ),
    Together(
        "scam.wants_private_data",
        (
            compiled(
                r"\b(?:bank cards?|online banking|bank login|user ?name and password|card (?:number|details)|cvv|"
                r"your password|"
                r"photo of your (?:id|passport|card)|social security)\b"
            ),
            compiled(r"\b(?:send|give|reply|provide|enter|tell|need|share|confirm)\b"),
        ),
        0.86,
        excuse=compiled(rf"\b(?:{_HOUSE}|never|don'?t)\b"),
    ),
    Together(
        "scam.in_our_name",
        (
            compiled(
                r"\b(?:pet ?wash|unusual activity|your account (?:will|has|is)|your payout|dear (?:user|customer|"
                r"member|sitter))\b"
            ),
            compiled(
                r"\b(?:password|card number|log ?in here|verify your|confirm your|needs you to pay|this link|"
                r"link below|"
                r"release fee|click here|bank (?:account|login) (?:details|number)?)"
            ),
        ),
        0.84,
        excuse=compiled(r"\b(?:do i need|did you|i had to|how do i|does pet ?wash|never)\b"),
    ),
)

SCAM = Grammar(
    Category.SCAM,
    compiled(
        r"over ?pa|mistake|accident|too much|error|extra|balance|difference|excess|remainder|surplus|"
        r"che(?:que|ck)|draft|money order|card|"
        r"western union|money ?gram|remit|perfect money|"
        r"invest|double|triple|guaranteed|trading|forex|income|earn|bitcoin|crypto|password|passcode|"
        r"\bpin\b|otp|log ?in|credential|ssn|social sec|cvv|bank|code|"
        r"account|profile|payout|listing|link|click|pet ?wash|verify|fee|deposit|charge|cost|country|"
        r"overseas|abroad|deployed|offshore|military|impaired|deaf|relocat|moving|"
        r"agent|assistant|mover|won\b|congrat|claim|lottery|inheritance|kin\b|winner|rest of the|company|"
        r"secretary|client|sponsor|courier"
    ),
    (*_PHRASES, *_TOGETHER),
)
