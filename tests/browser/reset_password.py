"""Sets a new password in a browser, as a reader of the mail does: LINK PASSWORD."""

import shutil
import sys

from playwright.sync_api import Page, expect, sync_playwright

FRAMING = '<iframe src="{}"></iframe>'


def set_password(page: Page, link: str, password: str) -> None:
    page.goto(link)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.get_by_role("link", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    # The policy allows the style.
    expect(page.get_by_role("button")).to_have_css("background-color", "rgb(11, 107, 100)")
    first, second = page.locator("#password"), page.locator("#repeat")

    first.fill("court 1")
    second.fill("court 1")
    page.get_by_role("button").click()
    expect(page.locator("#password-error")).to_be_visible()
    expect(first).to_be_focused()
    expect(first).to_have_value("")

    # By the keyboard alone.
    page.keyboard.type(password)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("Votre mot de passe est modifié")
    assert "token" not in page.url, page.url


def check_frames(page: Page, link: str) -> None:
    page.set_content(FRAMING.format(link), wait_until="load")
    frame = page.frames[1]
    assert frame.url.startswith("chrome-error:"), f"framed: {frame.url}"


def main() -> None:
    link, password = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(locale="ar-DZ", java_script_enabled=False)
        messages, referers = [], []
        page.on("console", lambda message: messages.append(message.text))
        page.on("request", lambda request: referers.append(request.headers.get("referer")))
        set_password(page, link, password)
        refused = [message for message in messages if "Content Security Policy" in message]
        assert not refused, refused
        assert not any(referers), referers
        check_frames(page, link)
        browser.close()


main()
