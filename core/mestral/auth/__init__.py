"""Who asks, and may they?

`logins` finds out who somebody is (`attempts`: on the way to a provider and back; `clients`: for which page),
`tokens` says it again at each request (`personal`, `revocations`, `keys`), `guard` and `policy` decide,
`audit` and `throttle` watch. `identity` is the type they all speak of.
"""
