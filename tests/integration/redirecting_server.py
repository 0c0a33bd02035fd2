# SPDX-License-Identifier: BSD-2-Clause
"""A customer's mail server that redirects mail: redirecting_server.py LISTEN FOLDER MX. Each line of FOLDER/redirects, "address target how",
sends mail for an address on to another one by the MX, with the envelope sender as it was (keep), rewritten (srs), empty (null) or its
own without the fields that name the message (bare, which keeps the extension). What the MX refuses bounces. All mail is kept in FOLDER."""
import asyncio
import pathlib
import re
import smtplib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "packaging/quickstart.d"))
import customer  # noqa: E402

NAMES = re.compile(rb"^(Message-ID|X-Emailgency-Round-Trip):.*\r\n", re.IGNORECASE | re.MULTILINE)


class Redirecting(customer.Session):
    mx = ""

    def store(self, message):
        for address, _ in self.recipients:
            local, _, domain = address.lower().partition("@")
            user, _, extension = local.partition("+")
            target, how = self.redirects().get(f"{user}@{domain}", (None, None))
            if target:
                asyncio.get_running_loop().run_in_executor(None, self.send_on, message, self.sender, address, extension, target, how)
        return super().store(message)

    def redirects(self):
        lines = pathlib.Path(self.folder, "redirects").read_text(encoding="utf-8").splitlines()
        return {address: (target, how) for address, target, how in (line.split() for line in lines)}

    def send_on(self, message, sender, address, extension, target, how):
        domain = address.partition("@")[2]
        if how == "bare":
            message, sender = NAMES.sub(b"", message), f"info@{domain}"
            target = target.replace("@", f"+{extension}@")
        elif how == "null":
            sender = ""
        elif how == "srs":
            sender = f"SRS0=HHHH=TT={sender.partition('@')[2]}={sender.partition('@')[0]}@{domain}"
        received = b"Received: by mail.customer.example; Sun, 29 Nov 2026 10:00:00 +0000\r\n"
        try:
            self.submit(sender, target, received + message)
        except smtplib.SMTPResponseException as refusal:
            if sender:
                self.submit("", sender, b"Subject: Undelivered\r\n\r\n" + refusal.smtp_error + b"\r\n\r\n" + message)

    def submit(self, sender, target, message):
        host, _, port = self.mx.rpartition(":")
        with smtplib.SMTP(host, int(port), local_hostname="mail.customer.example", timeout=20) as smtp:
            smtp.sendmail(sender, [target], message)


if __name__ == "__main__":
    listen, folder, Redirecting.mx = sys.argv[1:4]
    customer.Session = Redirecting
    for name in ("redirects", "refuse"):
        pathlib.Path(folder, name).touch()
    asyncio.run(customer.serve(listen, folder, str(pathlib.Path(folder, "refuse"))))
