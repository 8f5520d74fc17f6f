"""Who is asking and what they may use: `identity` (the type), `keys` and `tokens` (proof), `guard` (the check)."""
