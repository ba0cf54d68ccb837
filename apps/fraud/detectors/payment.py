"""Attempts to pay around the platform: other wallets, cash, "cancel here and pay me direct"."""

from apps.fraud.detectors.grammar import Grammar, Phrase, compiled
from apps.fraud.states import Category

# Wallets whose names are nothing else in a chat about pets, unless the pet bears them.
_WALLET = (
    r"(?:venmo|zelle|pay ?pal|cash ?app|revolut|apple ?pay|google ?pay|g ?pay|samsung ?pay|"
    r"transferwise|payoneer|skrill|"
    r"e-?transfer|interac|bizum|paytm|g ?cash|m-?pesa|we ?chat ?pay|ali ?pay|bank transfer|"
    r"wire transfer|direct deposit|"
    r"bank account|iban|sort code|routing number|bitcoin|btc|usdt|ethereum|crypto(?:currency)?|wise|"
    r"swish|mobile ?pay|twint|upi)"
)
_ME = r"(?:me|us|you|u|ya|him|her|them|the sitter|the owner)"
_PLATFORM = (
    r"(?:(?:the |this |your |that )?(?:pet ?wash|app|platform|web ?site|site|system|service|"
    r"marketplace|company|middle ?man)|here)"
)
_FEE = (
    r"(?:(?:the |their |those |these |that |this |all |any |extra |stupid )*(?:pet ?wash |app |"
    r"platform |service |booking |site |commission |website |owner |sitter )*(?:fees?|commission|cut|"
    r"charges?|percentage))"
)

# The name of a pet, or a walk with it: "Venmo the beagle", "take Cash to the park".
_PET = compiled(
    r"\b(?:named|called|(?:my|our|his|her|their|your) (?:\w+ )?(?:dog|cat|pup|puppy|kitten|rabbit|"
    r"bunny|beagle|lab|poodle|pet|boy|girl),?|"
    rf"name is|name's|meet|walk|feed|feeding|brush|pet) (?:{_WALLET}|cash)\b|"
    rf"\b(?:{_WALLET}|cash)(?: is|,)? (?:the|a|an|our|my) (?:\w+ ){{0,2}}(?:dog|cat|pup|puppy|kitten|"
    r"beagle|lab|labrador|poodle|retriever|terrier|"
    r"corgi|husky|pug|bulldog|shepherd|collie|mutt|rabbit|bunny|hamster|parrot|dachshund|spaniel|"
    r"boxer|chihuahua|tabby)\b|"
    rf"\b(?:{_WALLET}|cash) (?:loves?|likes?|needs|eats|ate|barks|hates|sleeps|gets along|got along|"
    r"is (?:\d+|two|three|four|five|six|seven|eight|nine|ten)|"
    r"has (?:been|had|his|her|a)|had (?:his|her|a)|was (?:so|very|such)|weighs|pulls|chews|enjoys|"
    r"plays|played|knows)\b|"
    rf"\btake (?:{_WALLET}|cash) (?:to|for|out|on|with)\b|\b(?:{_WALLET}|cash)'s (?:leash|food|crate|"
    r"bed|bowl|toys?|collar|meds|medication|vet|harness|walks?|dinner|breakfast)\b|"
    r"\b(?:pick(?:ing)? up|drop(?:ping)? off|how is|how's|hug|kiss|cuddles? (?:from|for|with)|"
    rf"hello to|say hi to) (?:{_WALLET}|cash)\b"
)
# Paying in the app by one of these is what the app is for.
_INSIDE = compiled(
    r"\b(?:(?:in|through|via|inside|within|on|using|to|by) (?:the |this |your )?(?:app|platform|"
    r"pet ?wash|site|website|checkout)|at checkout|"
    r"(?:pay|paid|paying|payment|payments|keep it|everything|money|add (?:a|my|"
    r"it) (?:card)?) (?:\w+ ){0,3}(?:through|in|on|via|inside|within) "
    r"(?:the |this )?(?:app|platform|pet ?wash|site|website)|does (?:the app|pet ?wash)|(?:the app|"
    r"pet ?wash) (?:take|accept|support)s?)\b"
)
_OUTSIDE_TOO = r"(?:outside|off the|instead|avoid|skip|save|cheaper|without)"
_INSIDE_ONLY = compiled(rf"^(?!.*\b{_OUTSIDE_TOO}\b)(?:.*?){_INSIDE.pattern}")
# Money for errands of the stay is no payment of the stay.
_ERRAND = compiled(
    r"\b(?:groomer|groom|treats?|vet bill|emergency|pet store|petty cash|food money|tip jar|groceries|"
    r"envelope|used to pay|dog walker|parking|taxi|cab|"
    r"register|cashier|change for|vet takes|clinic|shop|store|laundry|park fee|entrance|cash cow|cash register|pizza)\b"
)

_PHRASES = (
    Phrase(
        "payment.wallet_asked",
        compiled(
            r"\b(?:pay|pays|paid|paying|send|sending|sent|transfer|settle|accept|take|takes|taking|use|using|"
            r"do|have|got|get|prefer|want|need|"
            r"tip|deposit|split|handle|cover|charge|"
            rf"payment)\b(?:[^.!?\n]{{0,40}}?)\b(?P<key>{_WALLET})\b(?!\s+(?:the|our|my)\s)"
        ),
        0.86,
        excuse=compiled(f"(?:{_PET.pattern})|(?:{_INSIDE_ONLY.pattern})"),
    ),
    Phrase(
        "payment.wallet_verb",
        compiled(
            r"(?:^|[.!?,;\n]\s*|\b(?:just|can|could|please|i'?ll|you|to|i|or|we|and|then|via|by|with|through|"
            r"on|over|my|your|ur) )"
            rf"(?:venmo|zelle|pay ?pal|cash ?app|revolut|e-?transfer|bizum|wire|apple ?pay|g ?pay)\s+{_ME}\b"
        ),
        0.9,
        excuse=_PET,
    ),
    Phrase(
        "payment.wallet_named",
        compiled(
            r"\b(?:via|by|through|with|over|to my|on my|my|your|ur|on|in|thru|or|for) (?!bank|wire|direct|"
            r"iban|sort|routing|wise)"
            rf"{_WALLET}\b|"
            rf"\b(?!bank|wise){_WALLET} (?:is|works|would|account|handle|id|instead|details|number|directly|"
            r"only|ok|okay|"
            r"accepted|preferred|address|wallet|transfer|payment|me|please|pls|plz)\b"
            rf"|^\s*{_WALLET}\s*[?.!]*\s*$"
        ),
        0.82,
        excuse=compiled(
            f"(?:{_PET.pattern})|(?:{_INSIDE_ONLY.pattern})|\\b(?:fed|feed|walk|walked|wise "
            "(?:to|choice|decision)|treats? with|nap with)\\b"
        ),
    ),
    Phrase(
        "payment.cash",
        compiled(
            r"\b(?:pay|pays|paid|paying|settle|give|giving|hand|offer|bring|accept|take|takes|taking|prefer|"
            r"want|do|deal|leave|have|charge|for|in|by|with|only|using) "
            rf"(?:(?:{_ME}|the|it|some|all|rest|everything|for|this|the stay|half|in|by|with|just|only|at|be|"
            rf"out|upfront|up front|your|that|of|you|directly|direct|when|\$?\d+) ){{0,5}}(?P<key>cash|"
            r"banknotes)\b"
            rf"(?! ?app)(?!\s+(?:to|the|out|for a walk|is a|our|my|with (?:his|her)|on a walk|register|cow)\b)"
        ),
        0.82,
        excuse=compiled(f"(?:{_PET.pattern})|(?:{_ERRAND.pattern})|\\b(?:named|called) cash\\b"),
    ),
    Phrase(
        "payment.cash_is_better",
        compiled(
            r"\bcash (?:is (?:fine|ok|okay|best|better|preferred|easier|king|good|great|cheaper)|only|in hand|"
            r"works|would|instead|payment|payments|discount|price|"
            r"deal|on (?:arrival|pick ?up|drop ?off|the day)|at (?:pick ?up|drop ?off|the door)|upfront|"
            r"up front|please|pls|plz|or venmo|or zelle|or card)\b|"
            r"\bunder the table\b|\boff the books\b|\bcash ok\b"
        ),
        0.84,
        excuse=compiled(
            f"(?:{_PET.pattern})|(?:{_ERRAND.pattern})|treats? under the "
            "table|\\b(?:sleeps?|hides?|lies?|lying|sits?|begs?|bed|fed|feed|hiding|sleeping|naps?|crawls?|scraps?) "
            f"(?:\\w+ ){{0,3}}under the table"
        ),
    ),
    Phrase(
        "payment.direct",
        compiled(
            r"\b(?:pay|paying|send|sending|transfer|settle|deal|book|hire|arrange|pays|does)(?:ing)? (?:with |"
            r"it to |the money to |to |for )?"
            rf"(?:{_ME}|(?:my|her|his|our|their) sitters?|everything|it|this|that|the rest|next time|again|"
            r"the money|the stay|"
            r"cash)? ?(?:next time |again |the money |in future |for )?"
            rf"(?:direct(?:ly)?|privately|personally|in person|face to face|on the side)\b"
        ),
        0.84,
        excuse=compiled(
            r"\bdirectly (?:in|through|on|via|from|with) (?:the )?(?:app|platform|pet ?wash|vet|groomer)|"
            r"\bpay (?:the )?(?:vet|groomer|shop|clinic|store)\b|(?:work|arrange)\w* (?:with )?(?:the )?(?:vet|"
            r"groomer|trainer)"
        ),
    ),
    Phrase(
        "payment.outside",
        compiled(
            r"\b(?:outside(?: of)?|off|away from|without(?: using| going through)?|bypass(?:ing)?|"
            r"skip(?:ping)?|not (?:using|through)|leave|cut out|cutting out|go around|instead of) "
            rf"(?:of )?{_PLATFORM}(?!\w)(?! (?:is|was|at|for a|for the (?:night|walk)|by|around|from|before|"
            r"when|until|after))"
        ),
        0.72,
        excuse=compiled(
            r"\b(?:walk(?:ing|ed|s)?|live|lives|sit|waits?|waiting|park|stroll|outside here|leave here|off here|"
            r"turn off|pee|toilet|play|"
            r"from here|far|away from here|run|running|exit|get off|drive|bus|train)\b"
        ),
    ),
    Phrase(
        "payment.dodge_fee",
        compiled(
            r"\b(?:avoid|skip|save|saves|saving|dodge|without|escape|evade|bypass|cut|waive|get around|"
            r"getting around|around|lose|not pay|not paying|don'?t pay|"
            r"hate|keep|eats?|takes?|taking|instead of)\b (?:us |you |me |both of us |both |on |of |paying |"
            rf"having to pay |for )*{_FEE}\b"
        ),
        0.7,
        refusable=False,
        excuse=compiled(
            r"\b(?:late|cancel\w*|cleaning|vet|adoption|park\w*|entrance|toll|boarding|pick ?up|"
            r"extra charge for|free of charge|no (?:extra )?(?:charge|fee)s? for|delivery)\b"
        ),
    ),
    Phrase(
        "payment.cancel_here",
        compiled(
            r"\bcancel(?:ling|ing)?\b[^.!?\n]{0,50}(?:\band\b|\bthen\b|,|\bso\b|&|\+)[^.!?\n]{0,40}\b(?:pay|"
            r"book|send|settle|give|do it|venmo|zelle|cash|direct|deal|transfer|arrange)\b"
            r"(?:[^.!?\n]{0,30}\b(?:me|direct(?:ly)?|cash|privately|outside|you|us|ourselves|venmo|zelle|paypal)\b)"
        ),
        0.88,
        excuse=compiled(
            r"\b(?:refund policy|cancellation policy|book (?:again|another|new dates|a new|you again)|"
            r"rebook)\b(?!.*\b(?:direct|cash|outside|private))"
        ),
    ),
    Phrase(
        "payment.cheaper",
        compiled(
            r"\b(?:cheaper|discount|better (?:price|rate|deal)|lower (?:price|rate)|less|% off|percent off|"
            r"special (?:price|rate)|deal)\b[^.!?\n]{0,40}"
            r"\b(?:if (?:you|we|u) (?:pay|book|go|do|deal)\b[^.!?\n]{0,25}\b(?:direct(?:ly)?|cash|privately|"
            r"outside|off|me|ourselves|without|venmo|zelle|paypal)|outside|off (?:the )?(?:app|platform|site)|"
            r"in cash|for cash|if (?:it'?s )?(?:direct|cash|private))\b"
        ),
        0.86,
    ),
    Phrase(
        "payment.next_time_private",
        compiled(
            r"\b(?:next time|from now on|in (?:the )?future|going forward|"
            r"after this)\b[^.!?\n]{0,50}\b(?:direct(?:ly)?|privately|outside|off (?:the )?(?:app|platform|"
            r"site)|without (?:the )?(?:app|platform|site|pet ?wash)|cash|venmo|zelle)\b"
        ),
        0.82,
    ),
    Phrase(
        "payment.without_platform",
        compiled(
            r"\b(?:without (?:them|the middle ?man)|(?:don'?t|do not) (?:go|book|pay|use) (?:(?:through|via|by|on|with|"
            rf"over) )?{_PLATFORM})\b(?!')"
        ),
        0.66,
        refusable=False,
        excuse=compiled(r"\b(?:please don'?t|we can'?t|not allowed|rules|can'?t live without|sleep|walk)\b"),
    ),
    Phrase(
        "payment.cash_asked",
        compiled(r"\b(?:how about|what about|ok(?:ay)? with|fine with|good with|open to|prefer|or) cash\b|\bcash\s*\?"),
        0.72,
        excuse=compiled(f"(?:{_PET.pattern})|(?:{_ERRAND.pattern})|(?:named|called) cash"),
    ),
    Phrase(
        "payment.straight_to_me",
        compiled(
            r"\b(?:pay|paying|send|settle)(?: up)?(?: it| the money| the rest)? (?:with |to )?(?:me|us|you|"
            r"the sitter) (?:straight|separately|"
            r"offline|instead of|by card at|at my|when i (?:get|come|arrive|see)|when you (?:get|come|arrive|"
            r"see)|up in person)\b|"
            r"\bsettle up (?:with (?:you|me) )?(?:in person|in cash|directly|later|offline)\b|"
            r"\bno app needed\b|\b(?:do|handle|arrange) (?:it|this) offline\b|"
            r"\bmark it as (?:cancelled|declined|complete)\b"
        ),
        0.7,
        excuse=compiled(r"\b(?:food|vet|groomer|pet ?wash releases|the app pays)\b"),
    ),
    Phrase("payment.iban", compiled(r"\b(?:iban|sort code|routing number)\b"), 0.8),
    Phrase(
        "payment.bank_details",
        compiled(
            r"\b(?:send|give|tell|share|need|what(?:'s| are| is)|text)\b(?: me| us)? (?:your|ur|my) (?:bank|account) "
            r"(?:details|info|information|number)\b"
        ),
        0.78,
        excuse=compiled(r"\b(?:support|pet ?wash asked|the app asks?)\b"),
    ),
    Phrase(
        "payment.cut",
        compiled(
            r"\b(?:give|giving|let|letting|pay|paying) (?:them|pet ?wash|the app|the platform)(?: take)? (?:a|"
            r"their|the|that|its) (?:cut|share|percentage|commission)\b"
        ),
        0.74,
        refusable=False,
    ),
    Phrase(
        "payment.arrange_privately",
        compiled(
            r"\b(?:arrange|do|handle|keep|make|sort|set|work|deal with|take care of)\b (?:this|it|that|"
            r"the payment|payment|something|things|everything|the money|the (?:next |whole )?(?:stay|one|"
            r"booking))?\s?(?:out )?"
            r"(?:between (?:us|ourselves|you and me|the two of us)|privately|just (?:us|between us)|"
            r"off (?:the )?(?:app|platform|site|books))\b"
        ),
        0.74,
    ),
)

PAYMENT = Grammar(
    Category.OFF_PLATFORM_PAYMENT,
    compiled(
        rf"cash|{_WALLET}|direct|private|outside|\boff\b|fees?\b|commission|\bcut\b|cheaper|discount|"
        r"under the table|wire\b|banknotes|bank\b|account|between us|"
        r"between ourselves|cancel|around|without|middle ?man|in person|face to face|better (?:price|rate|"
        r"deal)|instead|on the side|bypass|skip|percentage|charges?|just us|personally|straight|separately|"
        r"offline|no app|settle|mark it|don'?t|do not"
    ),
    _PHRASES,
)
