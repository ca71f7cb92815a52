"""Days: partitions, the windows between them, and how a model is built as of each."""
