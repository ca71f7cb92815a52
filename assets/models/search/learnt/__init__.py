"""What clicks and judgments teach the search: memory of queries, features and the ranker."""
