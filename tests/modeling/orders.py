"""Model-based tests of a kind: steps in every order, on the run's server, beside a plain-Python model of what should be."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def hold_in_every_order(steps: type[RuleBasedStateMachine], lab, examples: int, length: int) -> None:
    """Take up to `length` of the `steps`, which find the lab as `self.lab`, in each of `examples` random orders."""
    run_state_machine_as_test(
        type(steps.__name__, (steps,), {"lab": lab}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=length,
            phases=[Phase.generate],  # shrinking an order of 30 steps takes minutes
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
