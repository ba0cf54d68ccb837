"""What people read instead of a code; the live board says the same (`plain` in static/console/live/words.js). Pure."""


def chemical_name(code: str) -> str:
    """Return "Flea tick" for "flea_tick"."""
    words = code.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
