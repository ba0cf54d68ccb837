"""One module for each of Stripe's nouns; each function answers one endpoint."""
