"""The search box: queries, filters, facets, recovery and suggestions."""
