"""Prints each step of a story with what it proves."""

import sys
from collections.abc import Callable
from typing import TextIO, TypeVar

from apps.demo.client import StepFailed

T = TypeVar("T")
GREEN, RED, DIM, BOLD, PLAIN = "\033[32m", "\033[31m", "\033[2m", "\033[1m", "\033[0m"


class Narrator:
    """Counts the steps and remembers whether one failed."""

    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out or sys.stdout
        self.steps = 0
        self.failed = 0
        self.colours = self.out.isatty()

    def chapter(self, title: str) -> None:
        """Begin a story."""
        self._print(f"\n{self._in(BOLD, title)}")

    def step(self, what: str, action: Callable[[], T], proves: str | Callable[[T], str]) -> T:
        """Run one step; print what happened and what it proves. Raises: StepFailed after printing it."""
        self.steps += 1
        try:
            result = action()
        except StepFailed as error:
            self.failed += 1
            self._print(f"{self._in(RED, '  ✘')} {self.steps:>2}. {what}\n       {error}")
            raise
        meaning = proves(result) if callable(proves) else proves
        self._print(f"{self._in(GREEN, '  ✔')} {self.steps:>2}. {what}\n       {self._in(DIM, meaning)}")
        return result

    def say(self, text: str) -> None:
        """Print a line."""
        self._print(text)

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self.colours else text

    def _print(self, text: str) -> None:
        self.out.write(text + "\n")
        self.out.flush()
