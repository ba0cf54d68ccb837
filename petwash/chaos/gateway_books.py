"""What the gateway's own store says, read from its file: the one witness that sees a double payout."""

import json
import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Theirs:
    """One booking's money by the gateway, in minor units: each movement, by its amount.

    transfers: (charge, what of it is still with the payee). disputed: what banks took for good.
    """

    charges: list[int] = field(default_factory=list)
    refunds: list[int] = field(default_factory=list)
    transfers: list[tuple[str, int]] = field(default_factory=list)
    disputed: int = 0


@dataclass
class GatewayBooks:
    """All bookings, and what the platform holds in each currency, available and pending."""

    bookings: dict[str, Theirs]
    held: dict[str, int]


def read(store: Path) -> GatewayBooks:
    """Read the sandbox's store."""
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as db:
        bookings: dict[str, Theirs] = defaultdict(Theirs)
        group_of: dict[str, str] = {}
        for charge in _objects(db, "charge"):
            group_of[charge["id"]] = charge["transfer_group"]
            if charge["status"] == "succeeded":
                bookings[charge["transfer_group"]].charges.append(charge["amount"])
        for refund in _objects(db, "refund"):
            theirs = bookings[group_of[refund["charge"]]]
            if refund["status"] in {"succeeded", "pending"}:
                theirs.refunds.append(refund["amount"])
        for transfer in _objects(db, "transfer"):
            theirs = bookings[transfer["transfer_group"]]
            theirs.transfers.append((transfer["source_transaction"], transfer["amount"] - transfer["amount_reversed"]))
        for dispute in _objects(db, "dispute"):
            if dispute["status"] == "lost":
                bookings[group_of[dispute["charge"]]].disputed += dispute["amount"]
        rows = db.execute("SELECT currency, sum(net) FROM funds WHERE owner = '' GROUP BY 1").fetchall()
        return GatewayBooks(bookings, {str(currency).upper(): int(net) for currency, net in rows})


def _objects(db: sqlite3.Connection, kind: str) -> list[dict[str, Any]]:
    rows = db.execute("SELECT body FROM object WHERE kind = ? AND owner = '' ORDER BY seq", [kind])
    return [json.loads(body) for (body,) in rows]
