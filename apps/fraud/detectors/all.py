"""The detectors in force, and which of them read a window of several messages."""

from collections.abc import Callable, Iterator

from apps.fraud.detectors import email, handles, links, phone
from apps.fraud.detectors.abuse import ABUSE
from apps.fraud.detectors.payment import PAYMENT
from apps.fraud.detectors.scam import SCAM
from apps.fraud.normalise import View
from apps.fraud.types import Finding

Detector = Callable[[View], Iterator[Finding]]


def phone_in_window(view: View) -> Iterator[Finding]:
    """Read telephone numbers that go on from message to message."""
    return phone.detect(view, window=True)


# Digits are read on the folded message: the further readings would turn them into letters.
ON_FOLDED: tuple[Detector, ...] = (phone.detect,)
ON_READINGS: tuple[Detector, ...] = (
    email.detect, links.detect, handles.detect, PAYMENT.detect, SCAM.detect, ABUSE.detect,
)  # fmt: skip
IN_WINDOW: tuple[Detector, ...] = (phone_in_window, email.detect)
