"""Stripe's form encoding: `metadata[booking]=1&expand[]=latest_charge`, decoded into a tree.

Source: docs.stripe.com/api (requests are form-encoded, nested keys stand in brackets).
"""

import re
from typing import Any
from urllib.parse import parse_qsl

_KEY = re.compile(r"\[([^\]]*)\]")
Params = dict[str, Any]


def decode(encoded: str) -> Params:
    """Return the tree of strings, dicts and lists that the encoded form stands for."""
    tree: Params = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        head, bracket, _ = key.partition("[")
        path = [head, *_KEY.findall(key)] if bracket else [key]
        _put(tree, path, value)
    return {key: _lists(value) for key, value in tree.items()}


def _put(tree: Params, path: list[str], value: str) -> None:
    node = tree
    for part in path[:-1]:
        child = node.setdefault(part, {})
        if not isinstance(child, dict):
            child = node[part] = {}
        node = child
    last = path[-1] or str(len(node))
    node[last] = value


def _lists(node: Any) -> Any:
    """Turn dicts whose keys are 0, 1, 2… into lists."""
    if not isinstance(node, dict):
        return node
    plain = {key: _lists(value) for key, value in node.items()}
    if plain and list(plain) == [str(index) for index in range(len(plain))]:
        return list(plain.values())
    return plain
