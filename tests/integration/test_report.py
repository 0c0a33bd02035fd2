# SPDX-License-Identifier: BSD-2-Clause
"""The monthly report: made by the program, sent by the notifier, taken by the contact's server."""
import email
import email.policy
import pathlib
import subprocess

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
