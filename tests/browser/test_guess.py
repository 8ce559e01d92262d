"""A guess on a page: what is kept is what was on the screen, by mouse, by keyboard, and while the kernel is busy."""

import pytest

from tests.browser.jupyterlab import BUSY, write

GUESSES = """
from redislab import predict
slow = predict("How slow?", 0, 1000, unit="ms", key="p99")
slow
"""
MENU = "fast = predict('Which is the fastest?', options=['one', 'two', 'three'])\nfast"


@pytest.fixture
def guesses(jupyterlab, open_notebook):
    write(jupyterlab.folder / "guesses.ipynb", GUESSES, MENU, BUSY)
    notebook = open_notebook("guesses.ipynb")
    for index in (0, 1):
        notebook.run_cell(index)
    notebook.page.get_by_role("slider", name="Your guess").wait_for()
    notebook.ask("slow.keep(None)")  # by whichever test came before
    return notebook


def shown(guess) -> str:
    return guess.locator(".rl-figure").inner_text()


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_the_value_on_the_screen_is_kept_and_a_second_press_changes_nothing(guesses, busy):
    page = guesses.page
    guess = page.locator(".rl-guess", has_text="How slow?")
    slider, keep = guess.get_by_role("slider"), guess.locator(".rl-go")
    if busy:
        guesses.keep_busy(2)
    # If it is moved by the keyboard, at speed, and kept by Enter
    slider.focus()
    for _ in range(9):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("PageUp")
    figure = shown(guess)
    assert figure != "500 ms" and slider.get_attribute("aria-valuetext") == figure
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    # Expect it kept before the kernel has answered, and a second, impatient press to change nothing
    assert keep.inner_text() == "Kept" and slider.is_disabled() and shown(guess) == figure
    page.keyboard.press("Enter")
    keep.click(force=True)
    guesses.until(f"slow.text == {figure!r}")
    assert keep.inner_text() == "Kept" and shown(guess) == figure
    # and that *Change it* is an action of its own
    guess.get_by_role("button", name="Change it").click()
    assert slider.is_enabled() and keep.inner_text() == "Keep my guess" and shown(guess) == figure
    page.keyboard.press("Home")
    keep.click()
    guesses.until("slow.text == '0 ms'")
    assert shown(guess) == "0 ms"


def test_a_kernel_that_has_a_page_does_not_miss_it(guesses):
    guesses.until("__import__('redislab.screen.page', fromlist=['x']).PageWidget.greeted")
    assert guesses.page.get_by_text("No page shows this").count() == 0


def test_an_option_is_kept_as_it_stands_in_the_menu(guesses):
    guess = guesses.page.locator(".rl-guess", has_text="Which is the fastest?")
    guesses.ask("fast.keep(None)")
    guess.get_by_label("Your guess").select_option("three")
    guess.get_by_role("button", name="Keep my guess").click()
    guesses.until("fast.value == 'three'")
    # If it is kept in a cell instead, expect that on the page
    guesses.ask("fast.keep('two')")
    guesses.page.wait_for_function(
        "() => [...document.querySelectorAll('.rl-guess select')].some((each) => each.value === 'two')"
    )
