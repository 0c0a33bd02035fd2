# SPDX-License-Identifier: BSD-2-Clause
"""Debian's Chromium by WebDriver. It trusts the stack's console and webmail alone, by the keys of their certificates."""
import base64
import hashlib
import pathlib
import subprocess
import tempfile

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait

from stack import SOURCE

PICTURES = SOURCE / "build" / "tests" / "console"
AXE = SOURCE / "tests" / "browser" / "axe.min.js"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


def key_of(certificate):
    """As --ignore-certificate-errors-spki-list takes it."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-pubkey", "-noout"], capture_output=True, check=True).stdout
    raw = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, capture_output=True, check=True).stdout
    return base64.b64encode(hashlib.sha256(raw).digest()).decode()


class Browser:
    def __init__(self, stack, scripts=True, dark=False, language="en", site="EMG_CONSOLE"):
        keys = ",".join(key_of(pathlib.Path(stack.env["EMG_CA"]).parent / name) for name in ("console.pem", "webmail.pem"))
        self.origin, self.folder = stack.env[site], tempfile.TemporaryDirectory(prefix="emg-browser-")
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", f"--lang={language}",
                         f"--user-data-dir={self.folder.name}",
                         f"--ignore-certificate-errors-spki-list={keys}",
                         *(["--blink-settings=preferredColorScheme=0"] if dark else [])):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.add_experimental_option("prefs", {"intl.accept_languages": language,
                                                  **({} if scripts else {"profile.managed_default_content_settings.javascript": 2})})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.driver.set_page_load_timeout(60)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def close(self):
        self.driver.quit()
        self.folder.cleanup()

    def open(self, path, width=1200):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
        self.driver.get(self.origin + path)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self):
        return self.find("body").text

    def leave(self, act):
        """Does something, and waits for the page that it leads to."""
        before = self.find("html")
        act()
        # While the pages change the driver may have errors of its own.
        WebDriverWait(self.driver, 60, ignored_exceptions=[WebDriverException]).until(
            lambda driver: staleness_of(before)(driver) and driver.execute_script("return document.readyState") == "complete")

    def press(self, selector):
        """Clicks, and waits for the page that it leads to."""
        self.leave(lambda: self.find(selector).click())

    def log_in(self, login, password):
        self.open("/login")
        self.find("input[name=login]").send_keys(login)
        self.find("input[name=password]").send_keys(password)
        self.press("main form button")

    def picture(self, path, kind):
        """Of the whole page, in build/tests/console."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        height = self.driver.execute_script("return document.documentElement.scrollHeight")
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": {
            "x": 0, "y": 0, "width": self.driver.execute_script("return innerWidth"), "height": min(height, 4000), "scale": 1}})
        name = (path.strip("/").replace("/", "-") or "start") + f".{kind}.png"
        (PICTURES / name).write_bytes(base64.b64decode(shot["data"]))

    def faults(self):
        """The faults of the page that is shown, a line each."""
        self.driver.execute_script(AXE.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script("const done = arguments[1]; axe.run(document, arguments[0]).then(r => done(r.violations))", RULES)
        lines = [f"{rule['id']}: {rule['help']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]
        wide = self.driver.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            lines.append(f"{wide} pixels wider than the window")
        return lines + [f"console: {entry['message']}" for entry in self.driver.get_log("browser")]
