"""Reads the mails that the file backend wrote, as their receiver would."""

import email
import re
import time
from email import policy
from pathlib import Path

from apps.demo.client import StepFailed

LINK = re.compile(r"https?://\S+")


class Mailbox:
    """The folder of mails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def token_for(self, address: str, *, seconds: float = 30) -> str:
        """Return the token of the newest verification mail. Raises: StepFailed when none comes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for text in self._newest_first(address):
                if found := re.search(r"[?&#]token=([^\s&]+)", text):
                    return found.group(1)
            time.sleep(0.2)
        raise StepFailed(f"no verification mail reached {address}")

    def _newest_first(self, address: str) -> list[str]:
        paths = sorted(self.folder.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
        texts = (path.read_text(errors="replace") for path in paths)
        return [_plain(text) for text in texts if f"To: {address}" in text]


def _plain(raw: str) -> str:
    message = email.message_from_string(raw.split("\n" + "-" * 79)[0], policy=policy.default)
    body = message.get_body(preferencelist=("plain",))
    return str(body.get_content()) if body else raw
