"""How well a score ranks users by what an ad changes: Qini, AUUC, RATE, Uplift@K."""
