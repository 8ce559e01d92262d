"""Labs whose Redis is stopped and started again."""

from redislab.bench import Experiment, action


class Stoppable(Experiment):
    """Measures a server of its own, which the buttons stop and start.

    Attributes:
        down: whether it is stopped.
    """

    down = False

    def setup(self, lab):
        super().setup(lab)
        self.server = lab.private_server()

    @action("Stop Redis")
    def stop_redis(self):
        """SIGKILL: what was cached is gone."""
        self.down = True
        self.server.kill()

    @action("Start Redis")
    def start_redis(self):
        self.server.restart()
        self.down = False
