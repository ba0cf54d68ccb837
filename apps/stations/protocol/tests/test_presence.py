"""The published presence codes are what the code makes."""

import json
import re
from datetime import datetime
from pathlib import Path

from apps.stations.protocol.presence import code_at

PAGE = Path(__file__).resolve().parents[4] / "docs" / "protocol.md"


def test_the_published_codes_hold() -> None:
    found = re.search(r"```json presence\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    vectors = json.loads(found[1])
    codes = [(row["at"], row["code"]) for row in vectors["codes"]]
    assert len(codes) == 3
    for at, code in codes:
        moment = datetime.fromisoformat(at.replace("Z", "+00:00"))
        assert code_at(vectors["presence_key"], vectors["bay_id"], moment) == code
    assert codes[0][1] == codes[1][1] != codes[2][1]
