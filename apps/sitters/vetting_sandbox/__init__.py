"""A stand-in for the vetting provider: its own process, its own store, signed webhooks.

For development, demonstrations and tests. It shares no code with the adapter, so that a mistake
in one is not repeated in the other.
"""
