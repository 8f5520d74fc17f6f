"""Who asks, and may they? `identity` is the type, `keys` and `tokens` the proof, `guard` the check."""
