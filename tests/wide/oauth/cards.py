#!/usr/bin/env python3
"""What the cards of Settings > MCP Server tell people to run, as one person sees them.

    cards.py ORIGIN ACCOUNT PASSWORD

Signs in and prints a line for each thing to copy that is one line: the card's id, which of its card it is, and the words, with tabs
between. So that what is run is what is shown, letter by letter.
"""

import sys
import urllib.parse
from html.parser import HTMLParser

from person import Browser


class Cards(HTMLParser):
    """The `pre` elements of a page, by the card that they are in."""

    def __init__(self):
        super().__init__()
        self.card, self.nth, self.text, self.found = None, 0, None, []

    def handle_starttag(self, tag, attributes):
        if tag == "details":
            self.card, self.nth = dict(attributes).get("id"), 0
        elif tag == "pre" and self.card:
            self.text, self.nth = "", self.nth + 1

    def handle_data(self, data):
        if self.text is not None:
            self.text += data

    def handle_endtag(self, tag):
        if tag == "pre" and self.text is not None:
            self.found.append((self.card, self.nth, self.text.strip()))
            self.text = None


def main():
    origin, account, password = sys.argv[1:]
    browser = Browser(origin, account, password, [], False, [])
    url, fields = f"{origin}/console", None
    for _ in range(30):
        following, page = browser.open(url, fields)
        if following is not None:
            url, fields = following, None
            continue
        status, page = page
        if urllib.parse.urlsplit(url).path == "/console":
            break
        form = browser.choose(page) if status < 400 else None
        if form is None:
            print(f"stopped at a page that leads nowhere: {status} {page.title}", file=sys.stderr)
            return 1
        url, fields = urllib.parse.urljoin(url, form["action"]), browser.fill(form)
    cards = Cards()
    cards.feed(browser.http.open(f"{origin}/console", timeout=30).read().decode())
    for card, nth, text in cards.found:
        if "\n" not in text:
            print(f"{card}\t{nth}\t{text}")
    return 0 if cards.found else 1


if __name__ == "__main__":
    sys.exit(main())
