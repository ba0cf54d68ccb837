"""`make chaos`: money under crashes. A seeded storm against the real payment path, and its verdict."""
