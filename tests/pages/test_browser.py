"""Pages in a real browser: nothing is fetched, nothing overflows, tables sort, both schemes."""

import shutil

import pytest
from folders import made, right

from reprlearn import compare, report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.xdist_group("browser"),
]
NASTY = "<img src=x onerror='window.hit = 1'><b>long name of a class that never ends</b>"


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A report and a comparison."""
    root = tmp_path_factory.mktemp("runs")
    counts = {"one": 100, NASTY.replace("/", ""): 160, "three": 130}
    examples = {
        name: {"accuracy": right(count), "error": 1 - right(count), "pca_accuracy": right(90)}
        for name, count in counts.items()
    }
    folders = [made(root / name, found) for name, found in examples.items()]
    compare.main(["x", *map(str, folders), f"--out={root}/compare.html"])
    return {"report": report.write(folders[1]), "compare": root / "compare.html"}


@pytest.fixture
def opened(browser, pages):
    """(name, width, scheme) -> the page; it must fetch nothing and report no error."""
    contexts, problems = [], []

    def open_page(name, width=1280, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        path = pages[name].as_uri()
        fetched = []
        page.on("request", lambda request: fetched.append(request.url))
        page.goto(path)
        outside = [url for url in fetched if url != path and not url.startswith("data:")]
        assert outside == []
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


@pytest.mark.parametrize("name", ["report", "compare"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows_the_screen(opened, name, width):
    page = opened(name, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1").count() == 1 and page.locator("img").count() >= (name == "compare")
    assert page.evaluate("window.hit") is None


@pytest.mark.parametrize("name", ["report", "compare"])
def test_it_follows_the_scheme_of_the_reader(opened, name):
    def ground(scheme):
        page = opened(name, scheme=scheme)
        colours = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor,"
            " getComputedStyle(document.body).color]"
        )
        return [sum(map(int, colour[4:-1].split(", "))) for colour in colours]

    (light, ink), (dark, bright) = ground("light"), ground("dark")
    assert light > 700 > ink and dark < 100 < bright


def test_a_click_sorts_and_another_one_turns_it_round(opened):
    page = opened("compare")
    table = page.locator("table.sortable").first
    head = table.locator("thead th").nth(1)

    def column():
        return [
            float(c.get_attribute("data-value"))
            for c in table.locator("tbody td:nth-of-type(1)").all()
        ]

    assert len(column()) == 2
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending" and column() == sorted(column())
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert column() == sorted(column(), reverse=True)
    table.locator("thead th").nth(2).locator("button").press("Enter")  # by the keyboard
    assert head.get_attribute("aria-sort") is None


def test_it_prints(opened):
    for name in ("report", "compare"):
        assert len(opened(name).pdf(format="A4")) > 5_000


def test_headings_and_regions_are_named_for_a_screen_reader(opened):
    page = opened("report")
    assert page.locator("html").get_attribute("lang") == "en"
    for scroll in page.locator(".scroll").all():
        assert scroll.get_attribute("aria-label") and scroll.get_attribute("tabindex") == "0"
    assert page.locator("th:not([scope])").count() == 0
