"""The report in a real browser: wide and on a phone, by keyboard, from a file, without a network."""

from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from topolens.claims.model import Claim, Headline, Rule
from topolens.claims.publish import PublishedVerdict
from topolens.config.study_files import find_study_files, load_studies
from topolens.report.page import Comparison, report_page

selenium = pytest.importorskip("selenium", reason="selenium is missing: make install")
from browser_page import DESKTOP, PHONE, BrowserPage, needs_browser  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.select import Select  # noqa: E402
from selenium.webdriver.support.wait import WebDriverWait  # noqa: E402

pytestmark = needs_browser
ROOT = Path(__file__).parents[2]
EVIL = "</script><img src=x onerror=alert(1)>"
NAMES = ["W1", "W2", "W3", "W4", "W5", "W6"]
OUTCOMES = ["reproduced", "not reproduced", "undecided", "reproduced", "not comparable", "undecided"]


def made_page():
    """Six claims of one study, in the folder that is the current one."""
    studies = load_studies(find_study_files(ROOT / "workflow" / "config" / "studies", []).values(), "quick")
    study = studies["disks"]
    for name in study.figures:
        file = Path(f"figures/quick/disks/{name}.png")
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (900, 300), "silver").save(file)
    claims, verdicts = [], []
    for place, (name, outcome) in enumerate(zip(NAMES, OUTCOMES, strict=True)):
        told = {"id": name, "scope": "population", "source": "a paper", "wording": f"what {name} says {EVIL}"}
        counted = Headline(study="disks") if place % 2 == 0 else None
        claims.append(
            Claim(**told, studies=["disks"], statistic="s", holds=Rule(above=0), expected="e", headline=counted)
        )
        estimate = None if place == 2 else 0.1 * (place - 3)
        numbers = {"estimate": estimate, "interval": (None, None) if place == 2 else (estimate - 0.2, estimate + 0.1)}
        verdicts.append(
            PublishedVerdict(
                **told,
                **numbers,
                study="disks",
                measure="a share",
                twin="",
                kind="control" if name == "W6" else "published",
                headline=counted is not None,
                rule="≥ 0",
                n=8,
                unit="network",
                band="",
                stability=None,
                verdict=outcome,
                reason="",
                scale="quick",
                data="real",
                command="snakemake -- claims",
                figures=["figures/quick/disks/complexity_by_layer.pdf"],
            )
        )
    columns = ["study", "kind", "row", "quantity", "run", "reference", "low", "high", "outcome"]
    comparison = Comparison(pd.DataFrame([], columns=columns), {"run": "a", "reference": "b", "reason": "no reference"})
    file = Path("results/quick/report.html")
    return report_page(verdicts, claims, {"disks": study}, comparison, made="Made.", page_file=file)


class Report(BrowserPage):
    """The report, in the words of these tests."""

    @property
    def shown(self):
        """The names of the rows that are seen, in their order."""
        return self.run(
            "return [...document.querySelectorAll('#rows > tbody:not([hidden]) tr.row th')]"
            ".map((one) => one.textContent.trim())"
        )

    def opened(self, name):
        return self.run(
            "return !document.getElementById(arguments[0] + '-of-disks-more').hidden && "
            "document.getElementById(arguments[0] + '-of-disks').querySelector('button').ariaExpanded === 'true'",
            name,
        )

    def choose_filter(self, name, text):
        Select(self.one(f"select[data-filter='{name}']")).select_by_visible_text(text)

    def wait(self, condition):
        WebDriverWait(self.driver, 5).until(lambda _: condition())

    def sort(self, column):
        self.one(f"thead button[data-sort='{column}']").click()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / "report.html").write_text(made_page(), encoding="utf-8")
    return (folder / "report.html").as_uri()


@pytest.fixture
def page(driver, address):
    """The page, freshly opened on a desktop; afterwards it must have logged nothing."""
    page = Report(driver)
    page.screen(DESKTOP)
    page.requests()
    driver.get("about:blank")
    driver.get(address)
    yield page
    assert driver.get_log("browser") == []


def test_it_opens_with_all_rows_closed_and_asks_for_nothing_but_itself(page, address):
    assert page.shown == NAMES
    assert not any(page.opened(name) for name in NAMES)
    assert page.one("#found").text == "6 of 6 rows"
    assert {*page.requests()} <= {"about:blank", address}


def test_a_row_opens_to_its_figure_rule_and_command_and_closes(page):
    button = page.one("#W2-of-disks tr.row button")
    button.click()
    assert page.opened("W2")
    assert "−0.20 [−0.40, −0.10], n = 8" in page.one("#W2-of-disks tr.row").text
    more = page.one("#W2-of-disks-more")
    assert "≥ 0 (the whole interval)" in more.text
    assert "snakemake -- claims" in more.text
    pictures = page.all("#W2-of-disks-more figure img")
    assert len(pictures) == 1
    assert pictures[0].size["width"] > 300
    button.click()
    assert not page.opened("W2")
    button.click()
    assert len(page.all("#W2-of-disks-more figure img")) == 1


def test_rows_are_searched_and_filtered(page):
    page.one("#search").send_keys("what w2 says")
    assert page.shown == ["W2"]
    page.one("#search").clear()
    page.one("#search").send_keys("zzz")
    assert page.shown == []
    assert page.one("#found").text == "0 of 6 rows"
    page.one("#search").send_keys(Keys.BACKSPACE * 3)
    page.choose_filter("verdict", "reproduced")
    assert page.shown == ["W1", "W4"]
    page.choose_filter("verdict", "all")
    page.choose_filter("kind", "control")
    assert page.shown == ["W6"]
    page.choose_filter("kind", "all")
    page.one("#headlines").click()
    assert page.shown == ["W1", "W3", "W5"]


def test_rows_are_sorted_by_number_and_back_and_those_without_come_last(page):
    page.sort(4)
    assert page.shown == ["W1", "W2", "W4", "W5", "W6", "W3"]
    assert page.one("th[aria-sort]").get_attribute("aria-sort") == "ascending"
    page.sort(4)
    assert page.shown == ["W6", "W5", "W4", "W2", "W1", "W3"]
    page.sort(3)
    assert page.shown == ["W5", "W2", "W1", "W4", "W3", "W6"]
    page.sort(0)
    assert page.shown == NAMES


def test_the_keyboard_reaches_and_opens_rows(page):
    page.run("document.querySelector('#headlines').focus()")
    page.key(*[Keys.TAB] * 8)  # the seven heads, and the first row
    assert page.run("return document.activeElement.textContent.trim()") == "W1"
    page.key(Keys.ENTER)
    assert page.opened("W1")
    page.key(Keys.SPACE)
    assert not page.opened("W1")


def test_a_link_to_a_row_opens_it_and_one_to_settings_too(page, address):
    page.run("location.hash = '#W4-of-disks'")
    page.wait(lambda: page.opened("W4"))
    page.run("location.hash = '#disks-settings'")
    page.wait(lambda: page.run("return document.getElementById('disks-settings').open"))


def test_commands_are_copied_or_selected(page):
    page.one("#W1-of-disks tr.row button").click()
    button = page.one("#W1-of-disks-more .copy")
    button.click()
    page.wait(lambda: button.text in ("copied", "selected"))


def test_on_a_phone_nothing_is_wider_than_the_screen(page, address):
    page.screen(PHONE)
    page.driver.get(address)
    for name in ("W1", "W3"):
        page.one(f"#{name}-of-disks tr.row button").click()
    assert page.run("return document.documentElement.scrollWidth") <= 390
    small = page.run(
        "return [...document.querySelectorAll('#rows tr.row button, thead button, nav a')]"
        ".map((one) => one.getBoundingClientRect()).filter((box) => box.height && box.height < 24).length"
    )
    assert small == 0


def test_text_is_text(page):
    assert EVIL in page.one("#W1-of-disks .wording").text
    assert page.run("return document.querySelectorAll('img[src=x]').length") == 0
