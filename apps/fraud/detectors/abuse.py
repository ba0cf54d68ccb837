"""Insults, threats and harassment, as far as words and patterns tell; swearing at nobody is nobody's harm.

A modest lexicon of our own. An identity ("as a Muslim", "my gay son") is never in it: only what is
thrown at somebody.
"""

from apps.fraud.detectors.grammar import Grammar, Phrase, Together, compiled
from apps.fraud.states import Category

_U = r"(?:you|u|ya|yu|yall|y'all|ur|your|you'?re|youre|you are|u r)"
_ARE = (
    r"(?:you'?re|you are|your|ur|u r|u are|ure|youre|you|u|you all are|you people are|are you|you were|"
    r"you look|you sound)"
)
_GAP = (
    r"(?: (?:a|an|such|the|so|just|really|very|too|nothing but|one|all|both|such an?|clearly|actually|"
    r"being|as|like|most|biggest|absolute|complete|total|utter|little|big|fat|old|dirty|f\w*king|"
    r"freaking|bloody|damn|goddamn|stupid|dumb|ugly|piece of|useless|lazy|crazy|sick|filthy|pathetic|"
    r"worthless|even|kind of|kinda|quite|pretty|fucking)){0,4}"
)
_NOUN = (
    r"(?:idiots?|morons?|imbeciles?|cretins?|retards?|retarded|bitch(?:es)?|whores?|sluts?|cunts?|"
    r"twats?|bastards?|assholes?|arseholes?|ass ?hats?|"
    r"dick ?heads?|dicks?|pricks?|wankers?|tossers?|jerks?|scum ?(?:bags?)?|trash|garbage|pigs?|cow|"
    r"losers?|liars?|thie(?:f|ves)|crooks?|fools?|clowns?|"
    r"psycho(?:path)?s?|lunatic|freaks?|pervs?|perverts?|creeps?|douche ?(?:bags?)?|dumb ?ass(?:es)?|"
    r"jack ?ass(?:es)?|shit ?heads?|mother ?fuckers?|fuckers?|"
    r"fuck ?(?:wit|face|tard)s?|bellends?|hags?|skanks?|rats?|parasites?|vermin|animals?|monsters?|"
    r"disgrace|piece of (?:shit|crap|trash|garbage)|shit|crap|failure|nobody|joke|laughing ?stock|"
    r"dumbo|dunce|simpleton|"
    r"airhead|bimbo)"
)
_ADJ = (
    r"(?:stupid|dumb|ugly|useless|worthless|pathetic|disgusting|incompetent|moronic|idiotic|brainless|"
    r"clueless|braindead|brain dead|insane|crazy|mental|"
    r"annoying|boring|horrible|terrible|awful|lame|ignorant|fake|evil|vile|gross|repulsive|trashy|"
    r"ridiculous|hopeless|illiterate|delusional|deranged|retarded|lazy)"
)
_SLUR = (
    r"(?:n[i1]gg(?:er|a|ers|as|az)|k[iy]kes?|sp[i1]cs?|ch[i1]nks?|wetbacks?|beaners?|ragheads?|"
    r"towelheads?|gooks?|pakis?|tr[a4]nn(?:y|ies)|f[a4]gg?(?:ots?|s)?|"
    r"dykes?|coons?|sand ?niggers?|white trash|camel ?jockeys?|zipperheads?|shemales?)"
)
_FUCK = r"(?:f+u+c*k+|fck|fuk|f\*+k?|f[*#@]+ck|phuck|fvck|screw|damn|eff)"
_SELF = compiled(
    r"\b(?:i'?m|i am|i was|i feel|made me feel|call(?:ed)? me|me feel|silly me) (?:\w+ ){0,3}(?:stupid|"
    r"dumb|idiot|useless|crazy)\b"
)
_FOND = compiled(
    r"\b(?:you'?re|you are|you|your (?:dog|cat|pup|puppy)) (?:\w+ ){0,2}(?:crazy (?:good|kind|nice|"
    r"generous|helpful|fast)|insane(?:ly)? (?:good|kind|talented)|so silly|terribly kind|"
    r"awfully (?:kind|nice|good))\b|\b(?:are not|aren'?t|'re not|isn'?t) (?:\w+ ){0,2}(?:stupid|dumb|"
    r"useless|terrible|lazy|crazy|annoying|boring|an? \w+)\b"
)
_PETS = compiled(
    r"\b(?:the|my|our|this|that|his|her|your) (?:\w+ )?(?:dog|cat|pup|puppy|dogs|kitten|breeding|"
    r"beagle|pet|litter)\b[^.!?]{0,30}\b(?:bitch|pig|rat|monster|clown|freak|animal|weirdo|goofball|"
    r"crazy|insane|lazy|gross|annoying)|\b(?:breeding|brood|spayed|pregnant|intact|champion) bitch\b|"
    r"\bbitch (?:is )?in (?:heat|season)\b|guinea pig|\brat(?:s)? terrier|\bpet rats?\b"
)

_PHRASES = (
    Phrase("abuse.slur", compiled(rf"\b{_SLUR}\b"), 0.86, refusable=False),
    Phrase(
        "abuse.insult_noun",
        compiled(
            rf"\b{_ARE}{_GAP} {_NOUN}\b|\byou{_GAP} {_NOUN}\b|\b(?:what an?|such an?|bloody|f\w*king|stupid|"
            rf"dumb|fat|ugly|lying|dirty|old|crazy|filthy|little) {_NOUN}\b(?=\s*(?:[.!?,]|$|you))|"
            rf"^{_NOUN}[.!?\s]*$"
        ),
        0.82,
        refusable=False,
        excuse=compiled(
            f"(?:{_SELF.pattern})|(?:{_FOND.pattern})|(?:{_PETS.pattern})|\\byour "
            "(?:pig|pigs|rats?|cow|animals?|trash|garbage|monster|crap)\\b|\\byou (?:rat|animal|clown)? "
            "?lovers?\\b"
        ),
    ),
    Phrase(
        "abuse.insult_adjective",
        compiled(
            r"\b(?:you'?re|you are|ur|u r|u are|youre|are you|you all are|you look|you sound|you people are|"
            rf"you were){_GAP} {_ADJ}\b(?! (?:good|kind|nice|generous|helpful|about|busy|for (?:him|her|my|"
            rf"dogs|cats)))|\byou {_ADJ} (?:\w+)\b|\b{_ADJ} (?:bot|sitter|woman|man|person|human|owner|people|"
            r"robot|machine|thing)\b"
        ),
        0.7,
        refusable=False,
        excuse=compiled(f"(?:{_SELF.pattern})|(?:{_FOND.pattern})|(?:{_PETS.pattern})|\\bif you are\\b"),
    ),
    Phrase(
        "abuse.swearing_at",
        compiled(
            rf"\b{_FUCK}(?:ing|in)? (?:you|u|ya|yourself|urself|your (?:mother|mom|mum|family|dog|face))\b|"
            rf"\b{_FUCK} off\b|\bgo {_FUCK}\b|\bgo to hell\b|\bburn in hell\b|\bpiss off\b|\bsod off\b|"
            r"\bbugger off\b|\beat shit\b|\bsuck (?:my|it|a)\b|\bkiss my (?:ass|arse)\b|\bshut (?:the (?:fuck|"
            r"hell) )?up\b|\bstfu\b|\bgtfo\b|\bfuck (?:this|that) (?:bot|sitter|owner|woman|man)\b|"
            r"\bscrew you\b"
        ),
        0.84,
        refusable=False,
        excuse=compiled(
            r"\b(?:thank (?:you|u)|shut up (?:in|at night)|keep (?:him|her|them) shut up|screw (?:you )?(?:on|"
            r"in|the|cap|lid)|f off the)\b"
        ),
    ),
    Phrase(
        "abuse.threat",
        compiled(
            r"\b(?:i(?:'?ll| will|'?m going to|m gonna|'?m gonna| am going to| gonna| swear i'?ll| want to|"
            r" wanna| should| could)|we(?:'?ll| will|'?re going to)|someone (?:will|should)|somebody (?:will|"
            r"should)|you deserve to|hope (?:you|u)|you should|you will|you'?ll|gonna)\b(?: \w+){0,3}? "
            r"(?:kill|murder|hurt|beat|stab|shoot|punch|slap|strangle|choke|poison|break|smash|burn|destroy|"
            r"ruin|rape|harm|attack|come after|hunt|bury|get run over|die|bleed|rot|suffer|drown)\b"
            r"(?: (?:you|u|ya|your|ur|yourself|him|her|them|the dog|the cat|for this|in hell|slowly|soon|alone|"
            r"painfully|every|of)|(?=\s*[.!?]|$))"
        ),
        0.92,
        refusable=False,
        excuse=compiled(
            r"\b(?:won'?t hurt (?:you|him|her)|fleas?|ticks?|weeds?|kill (?:time|the (?:lights?|engine|mood))|"
            r"beat (?:the )?(?:traffic|heat|rush)|break (?:your|the) (?:routine|fast|ice|heart)|punch ?(?:card|"
            r"line)|worms?|i could die|will hurt (?:you|him|her) if|die laughing|beat you (?:to|there)|"
            r"you'll die laughing)\b"
        ),
    ),
    Phrase(
        "abuse.threat_veiled",
        compiled(
            r"\b(?:i (?:know|found out|will find out|can find|'ll find) where (?:you|u|your (?:kids|family|"
            r"children|dog)) (?:live|work|sleep|go|are)|watch your (?:back|mouth)|you(?:'ll| will) (?:regret|"
            r"pay for|be sorry)|"
            r"(?:i'?ll|i will|i'm going to|im going to|gonna) (?:find|hunt|end|finish|ruin|destroy|get you for|"
            r"get even with) (?:you|"
            r"u|your (?:life|reputation|business))|your (?:dog|cat|pet|family|house|kids?|"
            r"car)\b[^.!?]{0,30}\b(?:will|might|could|going to|gonna|better) (?:disappear|die|get hurt|burn|"
            r"suffer|have an accident|not (?:be safe|come home|see you))|"
            r"(?:kill|hang|shoot|harm|off) (?:yourself|urself|ur self)|kys|you(?:'re| are) (?:dead|"
            r"a dead (?:man|woman))|you better (?:watch|run|sleep with)|(?:or|and)? ?(?:your|the) (?:dog|cat|"
            r"pet) (?:gets|will get) (?:it|hurt)|i know people who)\b"
        ),
        0.9,
        refusable=False,
        excuse=compiled(
            r"\b(?:dead (?:tired|beat|right)|won'?t regret|live,? (?:it'?s|and) (?:\w+ )?(?:lovely|nice|"
            r"beautiful|close)|where (?:you|u) live(?: now)?,? (?:it'?s|lovely|nice)|find you (?:a|another|"
            r"someone|on|the)|get you (?:a|"
            r"the|some|your))\b"
        ),
    ),
    Phrase(
        "abuse.sexual",
        compiled(
            r"\b(?:(?:show|send) (?:me |us )?(?:your |ur )?(?:tits|boobs|breasts|nudes?|naked|pussy|ass|body|"
            r"dick|sexy)|(?:have|want|wanna|like) (?:some )?(?:sex|to have sex|to fuck)(?: with)?|(?:are you|"
            r"you'?re|you are|you look|so) (?:\w+ )?(?:sexy|horny|hot(?= (?:babe|baby|girl|sitter|in your))|"
            r"fuckable)|"
            r"(?:i want to|i wanna|can i|let me|i'd like to) (?:touch|lick|fuck|kiss|spank|undress|sleep with|"
            r"see you naked|smell) (?:you|u|your|ur)|sleep with me|blow ?job|hand ?job|what are you wearing|"
            r"sit on my face|suck my (?:dick|cock)|nice (?:tits|ass|boobs|rack)|"
            r"are you (?:single|a virgin)\b(?=[^.!?]{0,40}(?:sexy|hot|babe|night|bed|cute))|(?:dick|cock|"
            r"pussy) pics?)\b"
        ),
        0.84,
        refusable=False,
        excuse=compiled(
            r"\b(?:kiss your (?:dog|cat|pup|puppy)|the sex of|what sex is|sex with other dogs|kiss you good ?bye)\b"
        ),
    ),
    Phrase(
        "abuse.hatred",
        compiled(
            r"\b(?:i (?:hate|despise|loathe|can'?t stand|don'?t like) (?:you|u|ur guts|your guts|people like you|"
            r"you people)|nobody (?:likes|wants|loves|cares about) you|you (?:make me sick|disgust me|suck|"
            r"stink|smell|are (?:dead to me|nothing|the worst))|you people|(?:people|women|"
            r"men) like you (?:should|deserve|are)|get lost|drop dead|"
            r"go (?:back to (?:your|where you)|die|away and die)|you don'?t deserve|you have no brain|"
            r"you'?re not human|waste of (?:space|time|oxygen|air)|learn to (?:read|speak|talk)|"
            r"are you (?:\w+ )?(?:deaf|blind|brain ?dead|on drugs)(?= or|\?)|what(?:'s| is) wrong with you|"
            r"you can'?t do anything|how (?:dumb|stupid|thick) are you|you know nothing)\b"
        ),
        0.66,
        refusable=False,
        excuse=compiled(
            r"\b(?:you smell like|the worst part|you people (?:are (?:great|amazing|wonderful|lovely|"
            r"the best))|waste of (?:your|my) time if|hate you (?:had|have|missed)|i hate you'?re)\b"
        ),
    ),
    Phrase(
        "abuse.called_names",
        compiled(
            r"(?<!\ban )(?<!\ba )(?<!the )(?<!that )(?<!such )(?<!my )(?<!little )(?<!his )(?<!her )(?<!breeding )"
            r"(?<!as )"
            r"\b(?:idiots?|morons?|bitch(?:es)?|cunts?|assholes?|arseholes?|wankers?|retards?|scumbags?|"
            r"whores?|sluts?|fuckers?|motherfuckers?|bastards?|dumb ?ass(?:es)?|dickheads?)\s*(?:[.!?]|$)"
        ),
        0.74,
        refusable=False,
        excuse=compiled(f"(?:{_SELF.pattern})|(?:{_PETS.pattern})"),
    ),
    Phrase(
        "abuse.explicit",
        compiled(
            r"\b(?:suck\w* (?:cock|dick|it)|fuck me|blow me|bend over|cum(?:ming)? (?:on|in|for)|orgasms?|porn|"
            r"horny|wank(?:ing)?|"
            r"(?:big|fat|my|your|hard|the) cocks?(?! ?(?:er|a|atoo|atiel))|have sex|sex with (?:me|you)|"
            r"give me a fuck|your sex life|"
            r"(?:wanna|want to) (?:shag|fuck|see you moan))\b"
        ),
        0.72,
        refusable=False,
        excuse=compiled(
            r"\b(?:rooster|hens?|chickens?|cocker|bend over backwards?|to pick|neuter\w*|spay\w*|other dogs)\b"
        ),
    ),
    Phrase(
        "abuse.wish_of_death",
        compiled(r"^\s*(?:just |please |go )?die(?: die)*(?: now| slowly| and)?\b[^a-z]*"),
        0.82,
        refusable=False,
    ),
)

_TOGETHER = (
    Together(
        "abuse.superlative",
        (
            compiled(
                r"\b(?:dumbest|stupidest|ugliest|most (?:stupid|useless|pathetic|disgusting|incompetent|annoying)|"
                r"worst (?:person|human|excuse))\b|"
                rf"\b(?:what|some) (?:kind|sort) of (?:a )?{_NOUN}\b"
            ),
            compiled(r"\b(?:you|you'?re|ur|your|leaves?|would|does)\b"),
        ),
        0.8,
        within=60,
        excuse=compiled(r"\b(?:dog|cat|pup|he|she|squirrel)(?:'s| is)\b"),
    ),
    Together(
        "abuse.cursing",
        (
            compiled(r"\b(?:fuck\w*|f\*+k\w*|goddamn|bloody|bitch(?:es)?|asshole)\b"),
            compiled(
                r"\b(?:you|your|ur|u|sitter|owner|woman|man|people|person|stupid|idiot|liar|pay for this|shut|off|"
                r"hate)\b"
            ),
        ),
        0.72,
        within=30,
        excuse=compiled(
            f"(?:{_PETS.pattern})|\\b(?:fucking|bloody) "
            "(?:love|great|awesome|amazing|brilliant|cold|hot|freezing|cute)\\b"
        ),
    ),
    Together(
        "abuse.wishes_harm",
        (
            compiled(
                r"\bhope (?:you|your (?:house|dog|cat|family|kids|car))\b|\b(?:come|coming|go|"
                r"drive) to your (?:house|home|place|work)\b|\bmake you pay\b"
            ),
            compiled(
                r"\b(?:burns?|die|dies|rots?|suffers?|beat|kill|hurt|bitch|cancer|crash(?:es)?|sick|pay for this|"
                r"break)\b"
            ),
        ),
        0.9,
        within=60,
        excuse=compiled(
            r"\b(?:not|don'?t|doesn'?t|won'?t|get well|feel better|if (?:he|she) (?:is|gets) (?:sick|hurt)|"
            r"isn'?t)\b"
        ),
    ),
    Together(
        "abuse.unwanted",
        (
            compiled(r"\b(?:sexy|horny|babe|naked|nudes?|in bed with me)\b"),
            compiled(r"\b(?:you|your|come over|alone|tonight|send|show|me)\b"),
        ),
        0.8,
        within=60,
        excuse=compiled(r"\bbabe (?:is|the|loves)\b|\bnaked (?:cat|sphynx|neck|rat)\b"),
    ),
)

ABUSE = Grammar(
    Category.ABUSE,
    compiled(
        r"dumbest|stupidest|ugliest|most |worst |bloody|goddamn|hope|your|pay|babe|horny|alone|bend over|"
        rf"blow me|cum|orgasm|porn|wank|cock|\bdie\b|\b(?:{_U}|"
        rf"{_SLUR}|{_NOUN}|{_FUCK}\w*|stfu|gtfo|kys|hell|piss|shut|suck|lost|dead|sex|someone|"
        rf"somebody|people|women|{_ADJ})\b|blow ?job|hand ?job|yourself|nudes?|naked|sexy|tits|boobs|"
        r"breasts|pussy|cock|kiss|(?:dog|cat|pet) (?:gets|will|dies)"
    ),
    (*_PHRASES, *_TOGETHER),
)
