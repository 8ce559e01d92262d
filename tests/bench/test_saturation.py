"""Who is at its limit: the load or Redis. On real servers, both ways."""

import pytest

from redislab.bench import Experiment, Networked, number

SAID = "It is this panel"


class Few(Networked):
    """Two senders across 10 ms: no more than 200 requests a second, whatever the server can."""

    rate = number(1000.0, 1, 2000, label="Requests", unit="/s", log=True)
    rtt = number(10.0, 0, 10, label="Added round trip", unit="ms", step=0.1)
    workers = 2
    sentence = "Sent."

    def setup(self, lab):
        self.connect(lab.private_server())

    def request(self):
        self.client.get("key")
        return "get"


class Computing(Experiment):
    """A client that spends its time on what it computes."""

    rate = number(2000.0, 1, 2000, label="Requests", unit="/s", log=True)
    workers = 8
    sentence = "Sent."

    def setup(self, lab):
        self.server = lab.private_server()
        self.client = self.server.client()

    def request(self):
        self.client.get("key")
        sum(number * number for number in range(40_000))
        return "get"


class Slow(Experiment):
    """Scripts that keep the server's one thread busy, more of them than it can run."""

    rate = number(200.0, 1, 2000, label="Requests", unit="/s", log=True)
    workers = 4
    script = "for i = 1, 6000000 do end return 1"
    sentence = "Sent."

    def setup(self, lab):
        self.server = lab.private_server()
        self.client = self.server.client(socket_timeout=20)

    def request(self):
        self.client.eval(self.script, 0)
        return "eval"


class Asleep(Slow):
    """A server that answers nothing for a while, again and again, and uses no processor for that."""

    def setup(self, lab):
        self.server = lab.private_server(enable_debug_command="yes")
        self.client = self.server.client(socket_timeout=20)

    def request(self):
        self.client.execute_command("DEBUG", "SLEEP", "0.05")
        return "sleep"


def test_too_few_senders_are_said_with_figures_and_no_longer_when_they_are_enough(opened):
    few = Few()
    session, ear = opened(few)
    session.start()
    sample = ear.sample(lambda sample: sample.values.get("saturated"))
    said = few.say(sample.values)
    assert said.startswith(SAID) and "all 2 senders are busy" in said and said.endswith("Sent.")
    few.rate = 20.0
    ear.sample(lambda sample: sample.knobs["rate"] == 20 and "saturated" not in sample.values)


@pytest.mark.quiet
def test_a_client_that_computes_is_said_to_be_at_its_cores_limit(opened):
    computing = Computing()
    session, ear = opened(computing)
    session.start()
    said = ear.sample(lambda sample: "own process" in sample.values.get("saturated", "")).values["saturated"]
    assert "% of a core" in said


@pytest.mark.parametrize("kind", [Slow, Asleep])
def test_a_slow_server_is_no_fault_of_the_load(opened, kind):
    session, ear = opened(kind())
    session.start()
    # If requests are late all the while, and given up, for as long as the server would have been asked several times
    late = ear.sample(lambda sample: sample.t > 6 and sample.values["offered"] > 1.5 * sample.values["achieved"])
    assert late.values["achieved"] > 0
    assert not [event for event in ear.events if getattr(event, "values", {}).get("saturated")]
