"""Lists of products: steps, chains, rules and answers."""
