"""What operators see of the API: metrics, logs and spans."""
