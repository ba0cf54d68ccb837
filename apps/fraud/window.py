"""Stage 3: the same over the sender's last messages, for a number that is split over several."""

from collections.abc import Iterator, Sequence

from apps.fraud.detectors.all import IN_WINDOW
from apps.fraud.detectors.digit_runs import TOKEN, WINDOW_FILLER
from apps.fraud.normalise import View, fold, join
from apps.fraud.types import Finding

WINDOW = 5  # messages before this one; the caller leaves out those older than ten minutes
_MAX_SIGNS = 2_000


def detect(message: View, history: Sequence[str]) -> Iterator[tuple[View, Finding]]:
    """Yield what begins in an earlier message and ends in this one, cut to this one's part."""
    earlier = [fold(text[-_MAX_SIGNS:]) for text in history[-WINDOW:]]
    if not earlier or not message.text.strip():
        return
    joined, begin = join([*earlier, message])
    for detector in IN_WINDOW:
        for found in detector(joined):
            if found.start < begin < found.end:
                start = _first_sign(joined.text, begin, found.end)
                yield joined, Finding(found.category, f"{found.rule}_split", start, found.end, found.score)


def _first_sign(text: str, begin: int, end: int) -> int:
    """Return where the part within this message really begins, after "and", "then" and the like."""
    words = TOKEN.finditer(text, begin, end)
    return next((word.start() for word in words if word.group() not in WINDOW_FILLER), begin)
