"""Whether an HTML page is whole: page.py FILE. Each element is closed where it should be."""
import html.parser
import sys

VOID = {"meta"}


class Page(html.parser.HTMLParser):
    """Elements that are open."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.count = 0

    def handle_starttag(self, tag, attrs):
        self.count += 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            sys.exit(f"line {self.getpos()[0]}: </{tag}> closes nothing")


page = Page()
with open(sys.argv[1], encoding="utf-8") as file:
    page.feed(file.read())
page.close()
if page.open or page.count < 10:
    sys.exit(f"open in the end: {page.open}, of {page.count}")
