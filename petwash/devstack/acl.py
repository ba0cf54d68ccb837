"""The broker's access list, read by the embedded broker as Mosquitto reads it.

Source of the format: mosquitto.conf(5), `acl_file`: `user NAME`, then `topic [ACCESS] FILTER` for the
user above it. Who writes it: `apps/stations/protocol/access.py`.
"""

from dataclasses import dataclass
from pathlib import Path

READ = "read"
WRITE = "write"
_ACCESS = {"read": {READ}, "write": {WRITE}, "readwrite": {READ, WRITE}}


@dataclass(frozen=True)
class Rule:
    """One line: what a user may do where."""

    user: str
    access: frozenset[str]
    topic_filter: str


class AccessList:
    """What each user may read and write; what no rule allows is refused."""

    def __init__(self, rules: list[Rule]) -> None:
        self._rules = rules

    @classmethod
    def load(cls, path: Path) -> "AccessList":
        """Read the file. Raises: ValueError with the line that is not understood."""
        rules: list[Rule] = []
        user = ""
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if words[0] == "user" and len(words) == 2:
                user = words[1]
            elif user and words[0] == "topic" and len(words) == 3 and words[1] in _ACCESS:
                rules.append(Rule(user, frozenset(_ACCESS[words[1]]), words[2]))
            else:
                raise ValueError(f"{path.name}, line {number} is not understood: {line!r}.")
        return cls(rules)

    def allows(self, user: str, topic: str, access: str) -> bool:
        """Tell whether the user may read or write this topic."""
        return any(
            rule.user == user and access in rule.access and matches(topic, rule.topic_filter) for rule in self._rules
        )


def matches(topic: str, topic_filter: str) -> bool:
    """Tell whether the topic falls under the filter (MQTT 3.1.1, section 4.7)."""
    levels, wanted = topic.split("/"), topic_filter.split("/")
    if topic.startswith("$") and wanted[0] in {"+", "#"}:
        return False
    for index, level in enumerate(wanted):
        if level == "#":
            return True
        if index >= len(levels) or level not in {"+", levels[index]}:
            return False
    return len(levels) == len(wanted)
