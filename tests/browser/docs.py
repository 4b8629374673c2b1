"""Opens the documentation in a browser, which must refuse none of its parts: URL."""

import shutil
import sys

from playwright.sync_api import expect, sync_playwright


def main() -> None:
    (url,) = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page()
        messages = []
        page.on("console", lambda message: messages.append(message.text))
        page.goto(url)
        operation = page.locator("#operations-Health-check_liveness")
        expect(operation).to_be_visible()
        # The style sheet is in use.
        expect(operation.locator(".opblock-summary-method")).to_have_css("color", "rgb(255, 255, 255)")
        operation.locator(".opblock-summary-control").first.click()
        operation.get_by_role("button", name="Try it out").click()
        operation.get_by_role("button", name="Execute").click()
        expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
        refused = [message for message in messages if "Content Security Policy" in message]
        assert not refused, refused
        browser.close()


main()
