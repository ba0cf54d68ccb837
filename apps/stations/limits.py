"""How often an unattended bay may be tried with cards, and a station may complain. Pure.

Buying needs no account, so without limits a bay would tell thieves which stolen cards work. Cards
that give no money are counted strictly, at the bay, at the card and at the network address; tries
as such only so widely that nobody who washes dogs ever notices.
"""

from datetime import timedelta

from apps.accounts.limits import Limit

_QUARTER = timedelta(minutes=15)
_MINUTE = timedelta(minutes=1)

# Three wrong security codes are a person in the rain; five are a search.
UNPAID_BY_CARD = Limit("wash-card", 5, _QUARTER, _QUARTER)
# Several people in a row have trouble at one bay; the pause is short, for it stops honest ones too.
UNPAID_BY_BAY = Limit("wash-bay", 10, _QUARTER, timedelta(minutes=5))
UNPAID_BY_ADDRESS = Limit("wash-address", 10, _QUARTER, _QUARTER)
# Whatever comes of them: one a second.
TRIES_BY_BAY = Limit("wash-bay-tries", 60, _MINUTE, _MINUTE)
TRIES_BY_ADDRESS = Limit("wash-address-tries", 120, _MINUTE, _MINUTE)
# Codes of a bay's display: 3 of 10,000 are right at a time.
WRONG_CODES_BY_ADDRESS = Limit("wash-code-address", 5, _QUARTER, _QUARTER)
WRONG_CODES_BY_BAY = Limit("wash-code-bay", 30, _QUARTER, timedelta(minutes=5))
# Alerts over HTTP of one station: a controller gone mad must not fill the tables.
REPORTS_BY_STATION = Limit("wash-reports", 120, _MINUTE, _MINUTE)
