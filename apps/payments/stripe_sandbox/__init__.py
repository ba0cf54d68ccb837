"""A stand-in for Stripe's API: an HTTP server with a store of its own.

Pure Python without Django, so that it runs as a process of its own. The real SDK talks to it.
What it does is what Stripe documents; `apps/payments/tests/test_conformance.py` names the sources.
"""
