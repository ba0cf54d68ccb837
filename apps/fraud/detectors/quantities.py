"""Figures that say what they are: prices, measures, dates, times, references. They are no telephone numbers."""

import re

BREAK = "\x00"

_UNITS = (
    "kgs?|kilos?|lbs?|pounds?|oz|ounces?|g|grams?|mg|mcg|ml|l|lit(?:er|re)s?|cups?|scoops?|tbsp|tsp|cm|mm|m|km|mi|"
    "miles?|feet|foot|ft|inch(?:es)?|hours?|hrs?|h|mins?|minutes?|secs?|seconds?|days?|nights?|weeks?|months?|years?|"
    "yrs?|yo|am|pm|a\\.m|p\\.m|degrees?|percent|times|dogs?|cats?|pets?|pupp(?:y|ies)|kittens?|people|persons?|"
    "walks?|meals?|tablets?|pills?|capsules?|drops?|doses?|rooms?|stars?|reviews?|blocks?|bucks|dollars?|cents?|"
    "usd|eur|euros?|gbp|cad|aud|yen|jpy"
)
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:(?:19|20)\d\d|\d\d)"
_NO_MORE = r"(?![-./]?\d)"
_PATTERNS = (
    r"[$£€¥]\s?\d[\d,]{0,12}(?:\.\d{1,3})?",
    rf"(?<![\d.])\d{{1,7}}(?:[.,]\d{{1,4}})?\s?-?\s?(?:to\s\d{{1,5}}\s?|-\s?\d{{1,5}}\s?)?(?:{_UNITS})\b",
    r"(?<!\d)\d{1,5}(?:\.\d{1,4})?\s?[%°]",
    r"\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:z|[+-]\d\d:?\d\d)?)?",
    rf"(?<![\d/.-])(?:{_DAY}([/.-]){_MONTH}\1|{_MONTH}([/.-]){_DAY}\2){_YEAR}{_NO_MORE}",
    r"(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:\s?[ap]\.?m\b)?(?![\d:])",
    r"\bpw-[0-9a-z]{4}-[0-9a-z]{4}\b",
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
    r"(?<![\d.])-?\d{1,3}\.\d{4,}\s*,\s*-?\d{1,3}\.\d{4,}",
    r"(?<!\d)\d{1,4}(?:st|nd|rd|th)\b",
    r"(?<![\dx])\d{1,5}\s?x\s?\d{1,5}(?:\s?x\s?\d{1,5})?\b(?!\s?x)",
)
_QUANTITY = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS))
_FIGURE = re.compile(r"\d")


def blank(text: str) -> str:
    """Return the text, of the same length, with every quantity replaced by breaks."""
    if not _FIGURE.search(text):
        return text
    return _QUANTITY.sub(lambda match: BREAK * len(match.group()), text)
