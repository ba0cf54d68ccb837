"""Stage 2: what each kind of trouble looks like. A detector reads a view and yields findings in its coordinates."""
