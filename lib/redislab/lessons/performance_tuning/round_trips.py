"""The round trips that claims of this notebook are measured at: what a case adds, in ms, by its name."""

TRIPS = {"loopback": {"rtt": 0.0}, "1 ms": {"rtt": 1.0}, "5 ms": {"rtt": 5.0}}
NEAR = {name: TRIPS[name] for name in ("loopback", "1 ms")}
TRIP = "the round trip"
