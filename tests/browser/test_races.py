"""The counter on a page: broken by hand, tried in every order, and mended."""

import pytest

from tests.browser.jupyterlab import write

CELLS = [
    "from redislab import races, start\nlab = start()",
    """
def add_one(client):
    likes = int(client.get("likes") or 0)
    client.set("likes", likes + 1)

def add_safely(client):
    client.incr("likes")
""",
    """
def counter(add, clients):
    return races(*[add] * clients, given={"likes": 0}, expect={"likes": clients},
                 otherwise="lose an update", title=f"{clients} clients")
counter(add_one, 2)
""",
    "counter(add_one, 3)",
    "counter(add_safely, 3)",
]


@pytest.fixture(scope="module")
def name(jupyterlab):
    write(jupyterlab.folder / "races.ipynb", *CELLS)
    return "races.ipynb"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_learner_breaks_the_counter_by_hand_tries_all_and_mends_it(open_notebook, name, dark):
    notebook = open_notebook(name, dark=dark)
    for index in range(3):
        notebook.run_cell(index)
    page = notebook.page
    two = page.locator(".rl-race", has_text="2 clients")
    # If the learner chooses whose step comes next, expect that four clicks break it
    for client in "A B A B".split():
        step = two.get_by_role("button", name=f"{client} add_one", exact=True)
        two.locator(".rl-race-verdict", has_text="Which client").wait_for()
        rows = two.locator("tbody tr").count()
        step.click()
        page.wait_for_function(
            "([count, board]) => document.querySelectorAll(board + ' tbody tr').length > count"
            " || document.querySelector(board + ' .rl-race-verdict').textContent.startsWith('✗')",
            arg=[rows, ".rl-race"],
        )
    two.locator(".rl-race-verdict.rl-race-broken", has_text="likes is 1, expected 2").wait_for()
    assert two.locator("tbody tr.rl-race-broken td").all_inner_texts() == ["4", "", "SET likes 1 → OK", "1"]
    notebook.shoot(f"race-broken-{dark}")
    # If all schedules of three are tried
    notebook.run_cell(3)
    three = page.locator(".rl-race", has_text="3 clients")
    three.get_by_role("button", name="Try all").click()
    three.locator(".rl-race-summary", has_text="84 of 90 schedules lose an update.").wait_for()
    # Expect that by the keyboard alone the failing ones are shown, one after the other
    shortest = three.get_by_role("button", name="Shortest that breaks")
    shortest.focus()
    shortest.press("Enter")
    three.locator(".rl-race-verdict", has_text="Failing schedule 1 of 84. ✗ likes is 2").wait_for()
    three.get_by_role("button", name="Next failing").press("Enter")
    three.locator(".rl-race-verdict", has_text="Failing schedule 2 of 84").wait_for()
    three.get_by_role("button", name="Previous failing").press("Enter")
    three.locator(".rl-race-verdict", has_text="Failing schedule 1 of 84").wait_for()
    three.get_by_role("button", name="Start over").press("Enter")
    three.locator(".rl-race-verdict", has_text="Which client").wait_for()
    three.get_by_role("button", name="Start over").press("2")
    three.locator("tbody tr", has_text="GET likes → 0").wait_for()
    notebook.shoot(f"race-three-{dark}")
    # and with INCR, none; the board takes the place of the one before it
    notebook.run_cell(4)
    mended = page.locator(".rl-race", has_text="add_safely")
    mended.get_by_role("button", name="Try all").click()
    mended.locator(".rl-race-summary", has_text="None of 6 schedules loses an update.").wait_for()
    assert page.locator(".rl-race", has_text="3 clients").count() == 1
    assert not notebook.cell_errors()
