"""The demo's page in a browser: what a visitor sees, does and can reach without a mouse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.fake_stage import GROUP, TOKEN, Script, Served, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHROMIUM = "/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else None
"""The system's own; without it, the one that Playwright brings."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = (1280, 800)
NARROW = (390, 844)

FAINT_TEXTS = """() => {
  const light = ([r, g, b]) => {
    const part = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const read = (css) => {
    const [r, g, b, a = 1] = css.match(/[\\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const onto = (below, [r, g, b, a]) => [r, g, b].map((v, i) => v * a + below[i] * (1 - a));
  const ground = (node) => {
    let over = [];
    for (let at = node; at; at = at.parentElement) {
      const colour = read(getComputedStyle(at).backgroundColor);
      over.push(colour);
      if (colour[3] === 1) break;
    }
    return over.reverse().reduce(onto, [255, 255, 255]);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const box = node.getBoundingClientRect();
    if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
    if (box.width < 2 || box.height < 2) continue;
    const [a, b] = [light(read(getComputedStyle(node).color)), light(ground(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${walker.currentNode.data.trim().slice(0, 40)}`);
  }
  return found;
}"""

LABEL = "at => at.matches('button, textarea') ? at.labels[0]?.textContent || at.textContent : ''"


@dataclass
class Open:
    """A page in a browser, the stage behind it, and what the browser complained about."""

    page: Page
    script: Script
    served: Served
    complaints: list[str]

    def phone(self, role: str) -> Locator:
        return self.page.locator(f"[data-phone={role}]")

    async def enrol_maya(self) -> None:
        """The first two steps of the guide, by its own buttons."""
        await self.page.locator(".step-now").get_by_role("button", name="Enrol a patient").click()
        await self.page.locator(".step-now").get_by_role("button", name="Scan the code").click()
        await self.phone("patient").get_by_role("button", name="Yes, I agree").click()
        await expect(self.phone("patient").get_by_text("You are all set.")).to_be_visible()

    def heard(self, what: str) -> list[tuple[object, ...]]:
        return [each[1:] for each in self.script.standin.heard if each[0] == what]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        await opened.close()


class Opener:
    """Opens pages on fresh stages, and closes everything after the test."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._served: list[Served] = []
        self._pages: list[Page] = []

    async def __call__(
        self, size: tuple[int, int] = WIDE, *, dark: bool = False, pace: float = 0.0, broken: bool = False
    ) -> Open:
        script = staged(broken=broken)
        served = Served(script, pace)
        self._served.append(served)
        page = await self._browser.new_page(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        self._pages.append(page)
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"http://127.0.0.1:{served.port}/")
        await expect(page.locator("#zone")).to_have_text("Berlin")
        return Open(page, script, served, complaints)

    async def close(self) -> None:
        for page in self._pages:
            await page.close()
        for served in self._served:
            served.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def opens(browser: Browser) -> AsyncIterator[Opener]:
    opener = Opener(browser)
    yield opener
    await opener.close()


async def walk(opened: Open) -> None:
    """The whole tour: enrolled, three days later, a worry written, its card taken."""
    await opened.enrol_maya()
    await opened.page.locator(".step-now").get_by_role("button", name="Play to day 4").click()
    await expect(opened.page.locator("#steps .done")).to_have_count(3)
    await opened.page.evaluate("document.querySelector('.step-now .chips button').click()")
    await expect(opened.page.locator("#steps .done")).to_have_count(4)


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_tour_runs_without_a_complaint_of_the_browser(opens: Opener, size: tuple[int, int]) -> None:
    opened = await opens(size)
    await walk(opened)
    await opened.page.evaluate("document.querySelector('.tabs [data-view=staff]').click()")
    card = opened.phone("staff").get_by_role("log").get_by_text("there is yellow stuff coming out of my cheek")
    await expect(card).to_be_visible()
    assert opened.complaints == []


async def test_scanning_the_code_starts_the_bot_with_the_token_of_the_link(opens: Opener) -> None:
    opened = await opens()
    await opened.phone("staff").locator(".chat-top").get_by_role("button", name="Enrol a patient").click()
    await opened.phone("staff").get_by_role("button", name="Scan with Maya's phone").click()
    await expect(opened.phone("patient").get_by_text("Hello Maya")).to_be_visible()
    assert opened.heard("starts") == [("Maya", TOKEN)]


async def test_a_second_patient_scans_with_a_phone_of_their_own(opens: Opener) -> None:
    opened = await opens()
    await opened.enrol_maya()
    await opened.phone("staff").get_by_role("button", name="Scan with another phone").click()
    await expect(opened.phone("patient").get_by_text("Hello Luis")).to_be_visible()
    await opened.phone("patient").get_by_role("button", name="Maya").click()
    await expect(opened.phone("patient").get_by_text("Hello Maya")).to_be_visible()
    await expect(opened.phone("patient").get_by_text("Hello Luis")).to_have_count(0)


async def test_what_a_patient_writes_stands_in_the_chat_as_text(opens: Opener) -> None:
    opened = await opens()
    await opened.enrol_maya()
    words = "is <b>this</b> usual? <script>document.title='taken'</script>"
    await opened.page.get_by_label("Message to the bot").fill(words)
    await opened.phone("patient").get_by_role("button", name="Send", exact=True).click()
    await expect(opened.phone("patient").locator(".mine .words").last).to_have_text(words)
    assert "taken" not in await opened.page.title()
    assert opened.heard("says")[-1] == ("Maya", words, None, None)


async def test_markup_beyond_the_whitelist_loses_its_tags_and_keeps_its_words(opens: Opener) -> None:
    opened = await opens()
    picture = '<img src="https://elsewhere.example/x.png">picture'
    hostile = f'<b>bold</b> {picture} <a href="javascript:alert(1)">link</a>'
    opened.script.standin.put(501, markup=hostile)
    last = opened.phone("patient").locator(".words").last
    await expect(last).to_have_text("bold picture link")
    assert await last.locator("b").count() == 1
    assert await last.locator("img, a").count() == 0
    assert opened.complaints == []


async def test_pressing_a_button_reaches_the_bot_as_the_nurse_in_hand(opens: Opener) -> None:
    opened = await opens()
    await walk(opened)
    staff = opened.phone("staff")
    await staff.get_by_role("button", name="Ben").click()
    await staff.get_by_role("button", name="I'll take it").click()
    await expect(staff.get_by_text("Ben has it.")).to_be_visible()
    await expect(staff.get_by_text("edited").last).to_be_visible()
    await expect(staff.locator(".toast")).to_have_text("This one is yours now.")
    press = opened.heard("presses")[-1]
    assert (press[0], press[2], press[3]) == ("Ben", "take", GROUP)


async def test_an_alert_waits_for_its_ok(opens: Opener) -> None:
    opened = await opens()
    await walk(opened)
    staff = opened.phone("staff")
    await staff.get_by_role("button", name="I'll take it").click()
    await staff.get_by_role("button", name="Call Maya").click()
    alert = staff.get_by_role("alertdialog")
    await expect(alert).to_contain_text("has not shared a phone number")
    await alert.get_by_role("button", name="OK").click()
    await expect(alert).to_be_hidden()


async def test_tapping_a_card_replies_to_it(opens: Opener) -> None:
    opened = await opens()
    await walk(opened)
    staff = opened.phone("staff")
    await staff.get_by_text("URGENT").click()
    await expect(staff.locator(".answering")).to_contain_text("URGENT")
    await opened.page.keyboard.type("Please come in at 14:00.")
    await opened.page.keyboard.press("Enter")
    await expect(opened.phone("patient").get_by_text("Please come in at 14:00.")).to_be_visible()
    await expect(staff.locator(".mine .quote")).to_contain_text("URGENT")
    card = next(each for each in opened.script.standin.messages(GROUP) if "URGENT" in (each["text"] or ""))
    assert opened.heard("says")[-1] == ("Anna", "Please come in at 14:00.", GROUP, card["message_id"])


async def test_keyboard_buttons_photo_and_block_do_what_they_say(opens: Opener) -> None:
    opened = await opens()
    await opened.enrol_maya()
    patient = opened.phone("patient")
    await patient.get_by_role("button", name="My plan").click()
    await patient.get_by_role("button", name="Send a sample photo").click()
    await expect(patient.get_by_role("img", name="Photo")).to_be_visible()
    await patient.get_by_role("button", name="More").click()
    await patient.get_by_role("button", name="Block the bot").click()
    await expect(patient.get_by_label("Message to the bot")).to_be_hidden()
    await patient.get_by_role("button", name="Unblock the bot").click()
    await expect(patient.get_by_label("Message to the bot")).to_be_visible()
    assert opened.heard("taps") == [("Maya", "My plan")]
    assert opened.heard("sends") == [("Maya", "photo", None)]
    assert opened.heard("blocks") == opened.heard("unblocks") == [("Maya",)]


async def test_playing_shows_how_far_it_is_and_stops_when_told(opens: Opener) -> None:
    opened = await opens(pace=0.2)
    await opened.enrol_maya()
    await opened.page.locator(".panel").get_by_role("button", name="Play the month").click()
    await expect(opened.page.get_by_role("progressbar")).to_be_visible()
    await expect(opened.page.locator("#progress")).not_to_have_js_property("value", 0)
    await opened.page.locator(".panel").get_by_role("button", name="Stop").click()
    await expect(opened.page.get_by_role("progressbar")).to_be_hidden()
    assert 0 < len(opened.script.plan) < 29


async def test_playing_to_the_end_sends_the_whole_plan(opens: Opener) -> None:
    opened = await opens()
    await opened.enrol_maya()
    await opened.page.locator(".panel").get_by_role("button", name="Play the month").click()
    await expect(opened.page.locator("#play-note")).to_contain_text("The month is over")
    await expect(opened.phone("patient").get_by_text("Day 28").first).to_be_visible()
    assert opened.script.plan == []


async def test_the_clock_moves_by_a_message_an_hour_and_a_day(opens: Opener) -> None:
    opened = await opens()
    await opened.enrol_maya()
    panel = opened.page.locator(".panel")
    await panel.get_by_role("button", name="+1 hour").click()
    await expect(panel.locator(".time")).to_have_text("11:30")
    await panel.get_by_role("button", name="Next message").click()
    await expect(panel.locator(".time")).to_have_text("16:00")
    await panel.get_by_role("button", name="+1 day").click()
    await expect(panel.locator(".date")).to_contain_text("Wednesday 5 March")


async def test_a_clock_that_cannot_move_says_so_and_leaves_the_page_usable(opens: Opener) -> None:
    opened = await opens(broken=True)
    await opened.enrol_maya()
    await opened.page.locator(".panel").get_by_role("button", name="Play the month").click()
    await expect(opened.page.locator("#play-note")).to_contain_text("something went wrong")
    await opened.page.get_by_label("Message to the bot").fill("hello")
    await opened.page.keyboard.press("Enter")
    await expect(opened.phone("patient").locator(".mine .words").last).to_have_text("hello")


async def test_the_tour_needs_no_mouse(opens: Opener) -> None:
    opened = await opens()

    async def reach(name: str) -> None:
        for _ in range(60):
            await opened.page.keyboard.press("Tab")
            if name in await opened.page.evaluate(f"({LABEL})(document.activeElement)"):
                return
        raise AssertionError(f"{name!r} cannot be reached with the Tab key")

    await reach("Enrol a patient")
    await opened.page.keyboard.press("Enter")
    await expect(opened.page.locator(".step-now")).to_contain_text("Scan the code")
    await reach("Scan the code")
    await opened.page.keyboard.press("Enter")
    await expect(opened.phone("patient").get_by_text("Hello Maya")).to_be_visible()
    await reach("Yes, I agree")
    await opened.page.keyboard.press("Space")
    await expect(opened.phone("patient").get_by_text("You are all set.")).to_be_visible()
    await reach("Message to the bot")
    await opened.page.keyboard.type("can I wear makeup?")
    await opened.page.keyboard.press("Enter")
    await expect(opened.phone("patient").locator(".mine .words").last).to_have_text("can I wear makeup?")


async def test_arrow_keys_walk_through_the_messages_and_enter_replies(opens: Opener) -> None:
    opened = await opens()
    await walk(opened)
    staff = opened.phone("staff")
    await staff.get_by_role("log").focus()
    await opened.page.keyboard.press("ArrowUp")
    await opened.page.keyboard.press("Enter")
    await expect(staff.locator(".answering")).to_contain_text("URGENT")
    await expect(opened.page.get_by_label("Message to the staff group")).to_be_focused()


async def test_a_narrow_screen_shows_one_phone_and_counts_what_is_unread(opens: Opener) -> None:
    opened = await opens(NARROW)
    await walk(opened)
    badge = opened.page.locator(".tabs [data-badge=staff]")
    await expect(badge).to_have_text("1")
    await expect(opened.phone("staff")).to_be_hidden()
    await opened.page.locator(".tabs").get_by_role("button", name="Clinic staff").click()
    await expect(opened.phone("staff").get_by_text("URGENT")).to_be_visible()
    await expect(opened.phone("patient")).to_be_hidden()
    await expect(badge).to_be_hidden()


@pytest.mark.parametrize("view", ["patient", "staff", "clock"])
async def test_nothing_scrolls_sideways_on_a_narrow_screen(opens: Opener, view: str) -> None:
    opened = await opens(NARROW)
    await walk(opened)
    opened.script.standin.put(501, markup="long" * 200)
    opened.script.standin.put(GROUP, markup="long" * 200, reply_to=1)
    await opened.page.locator(f".tabs [data-view={view}]").click()
    await expect(opened.page.locator(f"[data-view={view}] main")).to_be_visible()
    too_wide = "[document.scrollingElement, ...document.querySelectorAll('.log')]"
    assert await opened.page.evaluate(f"{too_wide}.filter(at => at.scrollWidth > at.clientWidth).length") == 0
    boxes = opened.page.locator(".bubble, .inline, .phone, .card")
    right = await boxes.evaluate_all("them => Math.max(...them.map(at => at.getBoundingClientRect().right))")
    assert right <= NARROW[0]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("view", ["patient", "staff", "clock"])
async def test_text_stands_out_from_its_ground(opens: Opener, dark: bool, view: str) -> None:
    opened = await opens(NARROW if view != "staff" else WIDE, dark=dark)
    assert await opened.page.evaluate(FAINT_TEXTS) == []
    await walk(opened)
    await opened.page.evaluate(f"document.querySelector('.tabs [data-view={view}]').click()")
    assert await opened.page.evaluate(FAINT_TEXTS) == []


async def test_the_colours_can_be_switched_and_stay_so(opens: Opener) -> None:
    opened = await opens()
    ground = "getComputedStyle(document.body).backgroundColor"
    light = await opened.page.evaluate(ground)
    await opened.page.get_by_role("button", name="Dark colours").click()
    dark = await opened.page.evaluate(ground)
    await opened.page.reload()
    switch = opened.page.get_by_role("button", name="Dark colours")
    await expect(switch).to_have_attribute("aria-pressed", "true")
    assert light != dark == await opened.page.evaluate(ground)


async def test_a_server_that_is_gone_is_told_calmly_and_forgotten_when_it_is_back(opens: Opener) -> None:
    opened = await opens()
    await opened.enrol_maya()
    opened.served.stop()
    banner = opened.page.get_by_role("alert")
    await expect(banner).to_contain_text("The demo is not answering.")
    await opened.page.get_by_label("Message to the bot").fill("are you there?")
    await opened.page.keyboard.press("Enter")
    await expect(opened.page.get_by_label("Message to the bot")).to_have_value("are you there?")
    opened.served.start()
    await opened.page.get_by_role("button", name="Try again").click()
    await expect(banner).to_be_hidden()
    await opened.page.get_by_label("Message to the bot").press("Enter")
    await expect(opened.phone("patient").locator(".mine .words").last).to_have_text("are you there?")
