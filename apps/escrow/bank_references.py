"""What may stand as the reference of a bank transfer: what both banks show, and nobody's account or card. Pure."""

import re

from apps.common.errors import InvalidInput

# The characters and the length that banks pass on untouched (the end-to-end reference of ISO 20022 credit transfers).
_ALLOWED = re.compile(r"[A-Za-z0-9/?:().,'+ -]{4,35}")
_ACCOUNT = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_CARD = re.compile(r"\d{13,19}")


def checked_reference(text: str) -> str:
    """Return a transfer's reference, trimmed and in capitals, so that one transfer has one.

    Raises: InvalidInput for other characters or lengths, and for an IBAN or a card's number.
    """
    reference = " ".join(text.split()).upper()
    if not _ALLOWED.fullmatch(reference):
        raise InvalidInput.field("reference", "must have 4 to 35 letters, digits or signs like - / . of the transfer.")
    packed = re.sub(r"[^A-Z0-9]", "", reference)
    if any(_is_iban(found) for found in _ACCOUNT.findall(packed)) or any(_is_card(f) for f in _CARD.findall(packed)):
        raise InvalidInput.field("reference", "looks like an account or a card: give the transfer's reference alone.")
    return reference


def _is_iban(text: str) -> bool:
    """Tell whether the check digits of an account number fit (ISO 13616)."""
    digits = "".join(str(int(sign, 36)) for sign in text[4:] + text[:4])
    return int(digits) % 97 == 1


def _is_card(digits: str) -> bool:
    """Tell whether a card's check digit fits (ISO/IEC 7812, Luhn)."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0
