"""Who may do what on the broker: one table, which every broker and every reader of the rule is held to.

`A` and `B` are stations in service. Each row: user, "write" or "read", topic, allowed.
"""

ULID = "01J9Z3K4M5N6P7Q8R9S0T1V2W3"
A, B = "harbour-1", "harbour-10"  # one id begins with the other
BRANCH = f"pw/v1/st/{A}"
OTHER = f"pw/v1/st/{B}"

Row = tuple[str, str, str, bool]

OWN_WORDS = ("conn", "birth", "alert", "bay/1/state", "bay/99/event", "tank/shampoo/level", f"ack/{ULID}")
ORDERS = (f"cmd/{ULID}", f"evack/{ULID}")

RIGHTS: tuple[Row, ...] = (
    *((A, "write", f"{BRANCH}/{tail}", True) for tail in OWN_WORDS),
    *((A, "write", f"{OTHER}/{tail}", False) for tail in (*OWN_WORDS, *ORDERS)),
    *((A, "write", f"{BRANCH}/{tail}", False) for tail in ORDERS),
    *((A, "read", f"{BRANCH}/{tail}", True) for tail in ORDERS),
    *((A, "read", f"{OTHER}/{tail}", False) for tail in (*ORDERS, *OWN_WORDS)),
    (A, "read", f"{BRANCH}/conn", False),
    (A, "read", "pw/v1/host/state", True),
    (A, "write", "pw/v1/host/state", False),
    (A, "write", f"{BRANCH}/conn/deeper", False),
    (A, "write", f"{BRANCH}/bay/1/event/deeper", False),
    (A, "write", f"{BRANCH}/anything", False),
    (A, "write", BRANCH, False),
    (A, "write", "pw/v1/st", False),
    (A, "write", "somewhere/else", False),
    (A, "read", "somewhere/else", False),
    (A, "read", f"{BRANCH}/cmd/{ULID}/deeper", False),
    (B, "write", f"{OTHER}/conn", True),
    (B, "write", f"{BRANCH}/conn", False),
    (B, "read", f"{BRANCH}/cmd/{ULID}", False),
    ("bridge", "read", f"{BRANCH}/bay/1/event", True),
    ("bridge", "write", f"{BRANCH}/cmd/{ULID}", True),
    ("bridge", "write", "pw/v1/host/state", True),
    ("bridge", "read", "somewhere/else", True),
)
