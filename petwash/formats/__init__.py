"""How dates are written on the console's pages."""
