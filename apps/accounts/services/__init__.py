"""The use cases of accounts, by noun."""
