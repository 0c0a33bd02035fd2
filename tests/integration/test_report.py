# SPDX-License-Identifier: BSD-2-Clause
"""The monthly report: made by the program, sent by the notifier, taken by the contact's server."""
import email
import email.policy
import html
import pathlib
import re
import subprocess

from console_client import Console
from stack import wait_for


def mail_to(stack, address):
    paths = sorted(pathlib.Path(stack.env["EMG_CUSTOMER_MAIL"]).glob("[!.]*.eml"))
    return [content for content in (path.read_bytes() for path in paths) if f"X-Envelope-To: <{address}>".encode() in content]


def test_a_report_arrives_once(stack, running, domain, setting):
    admin = f"reports@{domain.partition('.')[0]}.partner.example"
    month = stack.value("select (date_trunc('month', now()) - interval '1 month')::date")
    setting("report_hours", 0)
    stack.sql("update domain set language = 'fr' where name = %s", domain)
    stack.sql("insert into contact (domain, kind, address) values (%s, 'mail', %s)", domain, admin)
    stack.sql("insert into activity values (%s, %s, 'accepted_messages', 1234)", domain, month)
    stack.sql("insert into report (domain, month) values (%s, %s)", domain, month)
    command = [stack.folder / "programs/report/emailgency-report", "-c", pathlib.Path(stack.env["EMG_CONF"]) / "report.conf"]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
    wait_for(lambda: mail_to(stack, admin), 60, "the report")
    message = email.message_from_bytes(mail_to(stack, admin)[0], policy=email.policy.default)
    assert f"Rapport de messagerie de {domain}" in message["Subject"]
    assert admin in message["To"]
    for kind in ("plain", "html"):
        assert "1\u202f234" in message.get_body((kind,)).get_content()
    assert stack.value("select count(*) from outbox where domain = %s and transition = 'report'", domain) == 1
    assert len(mail_to(stack, admin)) == 1
    preview = subprocess.run([stack.env["EMG_CTL"], "report", "preview", domain, month.strftime("%Y-%m"), "--part", "text", "--database",
                              stack.env["EMG_PG"]], capture_output=True, text=True, timeout=60, check=True).stdout
    assert preview.splitlines() == message.get_body(("plain",)).get_content().splitlines()


def test_the_link_of_a_report_ends_the_reports(stack, running, domain, setting):
    """From the mail that arrived: looked at by a scanner, altered, and at last one click of a mail program (RFC 8058)."""
    admin = f"ends+{domain.partition('.')[0]}@ends.partner.example"
    setting("report_hours", 0)
    stack.sql("insert into contact (domain, kind, address) values (%s, 'mail', %s)", domain, admin)
    stack.sql("insert into report (domain, month) values (%s, (date_trunc('month', now()) - interval '1 month')::date)", domain)
    command = [stack.folder / "programs/report/emailgency-report", "-c", pathlib.Path(stack.env["EMG_CONF"]) / "report.conf"]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    wait_for(lambda: mail_to(stack, admin), 60, "the report")
    message = email.message_from_bytes(mail_to(stack, admin)[0], policy=email.policy.default)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = message["List-Unsubscribe"].strip("<>")
    console = Console(stack)
    assert link.startswith(console.origin + "/unsubscribe?")
    path = link.removeprefix(console.origin)

    def receives():
        return stack.value("select monthly_report from contact where domain = %s and address = %s", domain, admin)

    page = console.get(path)
    assert page.status == 200 and f"reports on the mail of {domain} to {admin}" in page.text, page
    assert [form.action for form in page.forms] == [path] and "__Host-emg-pre" not in console.cookies
    for wrong in (path[:-2], path.replace(domain, "tour.example")):
        answer = console.request("POST", wrong, body="List-Unsubscribe=One-Click")
        assert answer.status == 403 and "This link is not right" in answer.text, answer
    french = console.request("GET", path[:-2], None, None, **{"Accept-Language": "fr"})
    assert "Ce lien n'est pas correct" in html.unescape(french.body)
    assert receives()
    body = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    answer = console.request("POST", path, body=body, **{"Content-Type": "multipart/form-data; boundary=x", "Origin": "https://mail.provider.example"})
    assert answer.status == 200 and f"{admin} receives no more monthly reports on {domain}." in answer.text, answer
    assert not receives()
    signature = re.search(r"signature=([^&]+)", path)[1]
    for log in pathlib.Path(stack.env["EMG_LOG"]).glob("nginx*"):
        assert signature not in log.read_text(errors="replace"), log


def test_an_admin_has_the_report_sent_to_itself(stack, running, domain):
    """The button of the page: what arrives is what the page shows, from the sender of alerts."""
    login = stack.env["EMG_CONSOLE_LOGIN"]
    stack.sql("insert into domain_admin (login, domain) values (%s, %s)", login, domain)
    stack.sql("insert into activity values (%s, (now() at time zone 'UTC')::date, 'accepted_messages', 4321)", domain)
    stack.sql("delete from outbox where kind = 'report_copy'")
    month = stack.value("select to_char(now() at time zone time_zone, 'YYYY-MM') from domain where name = %s", domain)
    console = Console(stack)
    console.log_in(login, stack.env["EMG_CONSOLE_PASSWORD"])
    page = console.submit(f"/d/{domain}/reports/{month}", f"/d/{domain}/reports/{month}/send")
    assert page.status == 200 and f"The report is on its way to {login}." in page.text, page

    def arrived():
        return [mail for mail in mail_to(stack, login) if domain.encode() in mail]

    wait_for(arrived, 60, "the copy of the report")
    message = email.message_from_bytes(arrived()[0], policy=email.policy.default)
    assert login in message["To"] and f"Mail report of {domain}" in message["Subject"]
    assert message["From"].startswith("Emailgency <") and message["Message-ID"].startswith("<copy-") and message["List-Unsubscribe"] is None
    assert message.get_body(("plain",)).get_content().splitlines() == console.get(f"/d/{domain}/reports/{month}.txt").body.splitlines()
    stack.sql("delete from outbox where kind = 'report_copy'")
