"""Names of places on the Internet that the contact grammars know."""

# Endings that people write in chats; no English words (in, it, is, no, so, to, be, at, my), which follow
# a full stop without a space too often.
SAFE_TLDS = (
    "com", "net", "org", "edu", "gov", "info", "biz", "io", "co", "app", "dev", "xyz", "online", "site", "shop",
    "store", "pet", "pets", "dog", "vet", "care", "page", "link", "club", "live", "tech", "website", "top", "icu",
    "uk", "de", "fr", "es", "nl", "eu", "ca", "au", "nz", "ch", "pl", "se", "dk", "fi", "ie", "pt", "br", "mx", "ru",
    "jp", "cn", "kr", "za", "tr", "gr", "cz", "ro", "hu", "il", "us", "tv", "gg", "ly", "mobi", "cc", "ws",
)  # fmt: skip
COMMON_TLDS = (*sorted(SAFE_TLDS, key=len, reverse=True), "c0m", "con", "me", "in", "it", "be", "at", "no")

MAIL_PROVIDERS = (
    "gmail", "g ?-?mail", "googlemail", "hotmail", "hot ?mail", "yahoo", "ymail", "outlook", "icloud", "i ?cloud",
    "protonmail",
    "proton ?mail", "fastmail", "gmx", "zoho", "yandex", "rocketmail", "tutanota",
)  # fmt: skip

# Links that start a conversation elsewhere.
CHAT_HOSTS = ("wa.me", "t.me", "m.me", "bit.ly", "tinyurl.com", "linktr.ee", "fb.me", "fb.com", "signal.me", "ig.me")

OWN_HOSTS = ("petwash.example",)
