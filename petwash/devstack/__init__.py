"""The embedded development stack: PostgreSQL, Redis and an MQTT broker without an installation.

For development, demonstration and tests only; production brings its own servers.
"""
