"""Search on public judgments and made-up queries: relevance and speed."""
