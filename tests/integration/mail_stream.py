# SPDX-License-Identifier: BSD-2-Clause
"""Mail that comes in without a pause, and what became of it."""
import pathlib
import re
import smtplib
import threading

from smtp import Session, new_network


class Sender:
    """Messages one after the other; what was accepted, and each reply that was another."""

    def __init__(self, stack, recipient, name):
        self.stack, self.recipient, self.name = stack, recipient, name
        self.accepted, self.refused, self.ended = [], [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.wait(0.05):
            subject = f"{self.name}-{len(self.accepted):04}."
            try:
                with Session(self.stack.address("EMG_SMTP"), new_network(), "mail.sender.example") as session:
                    reply = session.message("a@pal.test", self.recipient, subject)
            except (OSError, smtplib.SMTPException) as error:
                self.refused.append(f"{subject} {error!r}")
                continue
            (self.accepted if reply.code == 250 else self.refused).append(subject if reply.code == 250 else f"{subject} {reply}")

    def stop(self):
        self.ended.set()
        self.thread.join()


def subjects_at_customer(stack):
    texts = [path.read_text(errors="replace") for path in pathlib.Path(stack.env["EMG_CUSTOMER_MAIL"]).glob("[!.]*.eml")]
    return [found[1] for text in texts if (found := re.search(r"^Subject: (\S+-\d{4}\.)\r?$", text, re.MULTILINE))]
