"""The typeface of what we print: the console's, with Latin, Greek and Cyrillic letters."""

from functools import lru_cache
from pathlib import Path

import unfold

_FONTS = Path(unfold.__file__).parent / "static" / "unfold" / "fonts" / "inter"


@lru_cache(maxsize=4)
def typeface(name: str) -> Path:
    """Return the file of one cut, such as `Inter-Regular`."""
    path = _FONTS / f"{name}.woff2"
    assert path.exists(), f"the console's theme has no {path.name} any more"
    return path
