"""The shop's own rules, and picking a list under them."""
