"""How fast time runs in a wash run, in seconds.

The protocol's waits are the product's own: 30 s until a start expires, 45 s until it is unconfirmed, 30 s of clock
skew, 30 s between two resends of an event. Many bays wait at once. Only water runs faster than it would.
"""

# Seconds of a wash that pass in a second: a wash of 300 s takes five.
WATER_SPEED = 60.0
# Cleaning passes at that speed too.
SANITIZE_WASH_SECONDS = 20.0
START_DELAY_SECONDS = 0.3
RESUME_AFTER_SECONDS = 2.0
REFILL_AFTER_SECONDS = 3.0
# How long a killed broker stays away.
BROKER_DOWN_SECONDS = 1.0
# How often the sweeps run that Celery beat kicks every few seconds in production.
SWEEP_SECONDS = 1.0
# How often a customer looks at the page of the wash.
LOOK_SECONDS = 0.4
# How often staff look for locked bays and replaced boards.
ROUND_SECONDS = 2.0
STORM_EVERY_SECONDS = 0.02
