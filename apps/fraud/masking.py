"""Hide the tokens, leave the message."""

from collections.abc import Iterable

MASK = "[hidden]"


def merge_spans(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans in order, those that touch or overlap in one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def mask(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the text with each span replaced by the mask; everything outside of the spans is kept as it was."""
    parts: list[str] = []
    begin = 0
    for start, end in merge_spans(spans):
        parts += [text[begin:start], MASK]
        begin = end
    return "".join(parts) + text[begin:]
