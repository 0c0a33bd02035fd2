# SPDX-License-Identifier: BSD-2-Clause
"""A user who submits mail, by Dovecot's SASL on our rows."""
import smtplib

import pytest

from smtp import Session
from stack import wait_for

PASSWORD = "correct horse"


@pytest.fixture
def anna(stack, domain):
    address = f"anna@{domain}"
    stack.sql("select set_password(%s, %s)", address, PASSWORD)
    wait_for(lambda: authenticates(stack, address), 1, "the password")
    return address


def log_in(stack, user, password=PASSWORD):
    session = Session(stack.address("EMG_SUBMISSION"))
    session.login(user, password)
    return session


def authenticates(stack, user, password=PASSWORD):
    try:
        log_in(stack, user, password).close()
        return True
    except smtplib.SMTPAuthenticationError as refusal:
        assert refusal.smtp_code in (454, 535), refusal
        return False
