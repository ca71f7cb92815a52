"""Search and similar items: embeddings, indexes, what clicks teach, and the reports that decide what is served."""
