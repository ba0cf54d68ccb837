"""Rows for a spreadsheet."""


def plain_cell(text: str) -> str:
    """Return a text that a spreadsheet shows and does not run (owasp.org: CSV injection).

    Blanks before the sign do not hide it, nor do the wide signs of East Asian keyboards.
    """
    risky = text.lstrip(" \n")[:1] in {"=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"}
    return f"'{text}" if risky else text
