#!/usr/bin/env python3
"""A person at a browser without a window: opens an address, signs in, agrees, and ends at the client's own address.

    person.py URL ACCOUNT PASSWORD [--stop] [--untick SCOPE]... [--decline] [--through ORIGIN]...

Fills in the forms that it is shown, as anybody would without scripts: an e-mail address where one is asked for, the password,
and the button that agrees. Whatever is neither at URL's origin nor at one that `--through` names is the client's own address,
where the way ends; `--stop` does not open it, for clients that listen nowhere. Prints that address as its last line; the pages
seen go to standard error.
"""

import argparse
import sys
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from http.cookiejar import CookieJar, DefaultCookiePolicy

NO = ("deny", "decline", "cancel", "back", "forgot", "reset", "other", "sign-out")


class Page(HTMLParser):
    """The forms of a page, each with its fields and buttons."""

    def __init__(self):
        super().__init__()
        self.forms, self.title, self.onward, self._in = [], "", None, None

    def handle_starttag(self, tag, attributes):
        has = dict(attributes)
        form = self.forms[-1] if self.forms else None
        if tag == "form":
            self.forms.append({"action": has.get("action", ""), "method": has.get("method", "get"), "fields": [], "buttons": []})
        elif tag == "input" and form is not None:
            kind = has.get("type", "text").lower()
            where = form["buttons"] if kind == "submit" else form["fields"]
            where.append({**has, "type": kind, "checked": "checked" in has, "disabled": "disabled" in has, "text": has.get("value", "")})
        elif tag == "button" and form is not None and has.get("type", "submit") == "submit":
            form["buttons"].append({**has, "text": ""})
            self._in = "button"
        elif tag == "title":
            self._in = "title"
        elif tag == "meta" and (has.get("http-equiv") or "").lower() == "refresh" and "=" in (has.get("content") or ""):
            self.onward = has["content"].split("=", 1)[1].strip()

    def handle_endtag(self, tag):
        if tag == self._in:
            self._in = None

    def handle_data(self, data):
        if self._in == "title":
            self.title += data.strip()
        elif self._in == "button":
            self.forms[-1]["buttons"][-1]["text"] += data.strip()


class Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are looked at, not followed."""

    def redirect_request(self, *_):
        return None


class Browser:
    def __init__(self, start, account, password, untick, decline, through):
        self.account, self.password, self.untick, self.decline = account, password, set(untick), decline
        self.origins = {self.origin_of(start), *through}
        # As browsers do, this machine counts as safe for cookies that are marked `Secure`.
        jar = CookieJar(DefaultCookiePolicy(secure_protocols=("https", "http")))
        self.http = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar), Stay())

    @staticmethod
    def origin_of(url):
        return "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(url))

    def open(self, url, fields=None):
        """The next address, or the page."""
        data = None if fields is None else urllib.parse.urlencode(fields).encode()
        request = urllib.request.Request(url, data=data)
        if data is not None:
            request.add_header("Origin", self.origin_of(url))
        try:
            answer = self.http.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        if answer.status in (301, 302, 303, 307, 308):
            return urllib.parse.urljoin(url, answer.headers["Location"]), None
        page = Page()
        page.feed(answer.read().decode("utf-8", "replace"))
        print(f"{answer.status} {url.split('?')[0]}: {page.title}", file=sys.stderr)
        if page.onward:
            return urllib.parse.urljoin(url, page.onward), None
        return None, (answer.status, page)

    def fill(self, form):
        """The fields as a person would send them, or `None` for a form that is not meant for now."""
        sent = []
        for field in form["fields"]:
            name, kind = field.get("name"), field["type"]
            if name is None or field["disabled"]:
                continue
            if kind == "email" or name in ("email", "account", "username"):
                sent.append((name, self.account))
            elif kind == "password":
                sent.append((name, self.password))
            elif kind in ("checkbox", "radio"):
                if field["checked"] and field.get("value") not in self.untick:
                    sent.append((name, field.get("value", "on")))
            else:
                sent.append((name, field.get("value") or ""))
        wanted = [it for it in form["buttons"] if self.refuses(it) == self.decline]
        button = (wanted or form["buttons"] or [None])[0]
        if button and button.get("name"):
            sent.append((button["name"], button.get("value") or ""))
        return sent

    @staticmethod
    def refuses(button):
        words = f"{button.get('name', '')} {button.get('value', '')} {button['text']}".lower()
        return any(it in words for it in NO)

    def choose(self, page):
        """The form that leads on: one that asks for a password or an address, else the first that is no refusal."""
        forms = [it for it in page.forms if it["method"].lower() == "post"] or page.forms
        for form in forms:
            if any(it["type"] in ("password", "email") for it in form["fields"]):
                return form
        leading = [it for it in forms if not any(word in it["action"] for word in NO)]
        return (leading or forms or [None])[0]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("url")
    arguments.add_argument("account")
    arguments.add_argument("password")
    arguments.add_argument("--stop", action="store_true")
    arguments.add_argument("--decline", action="store_true")
    arguments.add_argument("--untick", action="append", default=[])
    arguments.add_argument("--through", action="append", default=[])
    it = arguments.parse_args()
    browser = Browser(it.url, it.account, it.password, it.untick, it.decline, it.through)
    url, fields = it.url, None
    for _ in range(30):
        following, page = browser.open(url, fields)
        if following is not None:
            if browser.origin_of(following) not in browser.origins:
                if not it.stop:
                    browser.open(following)
                print(following)
                return 0
            url, fields = following, None
            continue
        status, page = page
        form = browser.choose(page) if status < 400 else None
        if form is None:
            print(f"stopped at a page that leads nowhere: {status} {page.title}", file=sys.stderr)
            return 1
        url = urllib.parse.urljoin(url, form["action"])
        fields = browser.fill(form)
        if form["method"].lower() == "get":
            url, fields = url.split("?")[0] + "?" + urllib.parse.urlencode(fields), None
    print("too many pages", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
