"""What experiments stand on: a Redis, a database, and a network between them."""

from redislab.world.lab import Lab, start
from redislab.world.servers import Server

__all__ = ["Lab", "Server", "start"]
