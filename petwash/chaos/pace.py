"""How fast time runs in a chaos run, in seconds. Production's minutes are seconds here, in proportion."""

LEASE_SECONDS = 2
LONGEST_WAIT_SECONDS = 2
GATEWAY_TIMEOUT_SECONDS = 4
# Longer than the lease, shorter than the client's patience: another worker takes over in the meantime.
SLOW_SECONDS = 3.0
# How long the request of a dead worker waits for its successor's at most.
SUCCESSOR_SECONDS = 120.0
# Longer than the client's patience.
STALL_SECONDS = 5.0
# How long a worker is stopped: its lease is over and somebody else has its work when it goes on.
STOPPED_SECONDS = 3.2
# A late webhook comes when everybody else knows already.
LATE_SECONDS = 5.0
# The share of events whose webhook suffers a mishap.
WEBHOOK_RATE = 0.12
# How long Redis is down.
REDIS_DOWN_SECONDS = 3.0
# How often the payout run is kicked, and the gateway's list of events is swept for lost webhooks.
PAYOUT_RUN_SECONDS = 0.3
EVENT_SWEEP_SECONDS = 8.0
# More than the day for which the gateway keeps idempotency keys.
DAY_SECONDS = 25 * 3600
