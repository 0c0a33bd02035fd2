# SPDX-License-Identifier: BSD-2-Clause
"""Whatever is accepted arrives where the rows say, and nobody gets a bounce or report.

EMG_LOSS_SEED and EMG_LOSS_COUNT set the random messages; tests/bench/no_loss sends many.
"""
import os
import random
import signal
import threading
import time

import pytest

from milter_door import MilterDoor
from random_mail import UNPROVED, Generator, Message, World, command, connect, faults, send_many, transmit, wait_for_queue
from stack import wait_for

COUNT = int(os.environ.get("EMG_LOSS_COUNT", "200"))


@pytest.fixture(scope="module")
def seed():
    seed = int(os.environ.get("EMG_LOSS_SEED", random.randrange(10**6)))
    print(f"EMG_LOSS_SEED={seed}")
    return seed


@pytest.fixture(scope="module")
def world(stack, seed):
    world = World(stack, f"{seed % 10**6}x{os.getpid()}")
    world.load()
    yield world
    world.drop()


@pytest.fixture(scope="module")
def door(stack):
    """An entrance that offers DSN, as one node offers it to another; a proxy sees what the milter changes."""
    door = MilterDoor(stack)
    yield door
    door.close()


def check(world, messages, since, seconds=120):
    wait_for_queue(world.stack, messages, seconds)
    lines = faults(world, messages, since)
    assert not lines, f"{len(lines)} of {len(messages)} messages:\n" + "\n".join(lines[:5])
    assert sum(bool(message.queue_id) for message in messages) > len(messages) / 3


def transact(session, mark, *rcpts):
    """A message from an unproved sender to (address, what follows RCPT TO:)."""
    message = Message(mark, UNPROVED)
    command(session, message, f"MAIL FROM:<{UNPROVED}>")
    for address, written in rcpts:
        assert command(session, message, f"RCPT TO:{written}").code == 250, message.dialogue
        message.accepted.append(address)
    reply = session.data(f"X-Mark: {mark}\r\n\r\nHello\r\n")
    assert reply[0] == 250, reply
    message.queue_id = reply[1].decode().rpartition(" ")[2]
    return message


def protected(world):
    """A backup domain that keeps copies."""
    return next(domain.name for domain in world.model.domains.values()
                if domain.bounce_protection and domain.keep_copy and domain.routed and domain.mode == "backup" and domain.spf != "reject")


def test_f1_random_messages(stack, world, door, seed):
    since = len(stack.mail_log())
    messages = send_many(world, [(stack.address("EMG_SMTP"), False), (door.address, True)], seed, COUNT)
    check(world, messages, since, 120 + COUNT / 5)


def test_f1_recipients_that_are_protected_or_repeated(stack, world, door):
    """NOTIFY=NEVER, as any relay sends it on, and one recipient twice (RFC 5321 section 4.1.1.3)."""
    name, since = protected(world), len(stack.mail_log())
    u, v, team = (f"{local}@{name}" for local in ("u", "v", "team"))
    never, orcpt = " NOTIFY=NEVER", " ORCPT=rfc822;orig@x.example"
    lists = [[(team, f"<{team}>{never}")], [(team, f"<{team}>{never}{orcpt}")], [(u, f"<{u}>{never}")], [(u, f"<{u}>")] * 3,
             [(team, f"<{team}>"), (u, f"<{u}>"), (team, f"<{team}>"), (u, f"<{u}>")], [(u, f"<{u}>{orcpt}"), (u, f"<{u}>{never}{orcpt}")],
             [(u, f"<{u}>"), (u, f"<u@{name.upper()}>"), (v, f"<{v}>")]]
    with connect(door.address) as session:
        messages = [transact(session, f"{world.tag}-f1-{number}", *rcpts) for number, rcpts in enumerate(lists)]
    check(world, messages, since)


def test_f1_a_milter_that_goes_away_between_two_edits(stack, world, door):
    """Postfix keeps the edits that it has, and accepts the message (default_action)."""
    name, since = protected(world), len(stack.mail_log())
    rcpts = [(f"{local}@{name}", f"<{local}@{name}>") for local in ("u", "team", "far", "u")]
    messages, edits = [], 0
    while edits == len(messages) and edits < 20:
        with connect(door.address) as session, door.broken_after(edits):
            messages.append(transact(session, f"{world.tag}-cut-{edits}", *rcpts))
            edits += door.was_cut
    assert edits > 1
    check(world, messages, since)


def test_f1_a_milter_that_is_killed(running, world, seed):
    stack, since, messages, stop = running, len(running.mail_log()), [], threading.Event()

    def send():
        generator = Generator(world, seed + 9, False)
        with connect(stack.address("EMG_SMTP")) as session:
            while not stop.is_set():
                messages.append(transmit(session, generator, f"kill-{len(messages)}"))

    sender = threading.Thread(target=send)
    sender.start()
    try:
        for _ in range(3):
            count = len(messages)
            wait_for(lambda count=count: len(messages) > count + 5 or not sender.is_alive(), 60, "messages to flow")
            time.sleep(random.random() / 10)
            stack.kill("milter", signal.SIGKILL)
            stack.start("milter")
    finally:
        stop.set()
        sender.join(60)
    check(world, messages, since)


def test_f8_other_forms_of_an_address(stack, world):
    """One copy each: the form that was written is the one that is replaced."""
    name, since = protected(world), len(stack.mail_log())
    u = f"u@{name}"
    forms = (f"<{u}.>", f'<"u"@{name}>', f"<u(x)@{name}>", f"< u @ {name} >", f"<@a.example:{u}>", f"<u@({name.upper()}){name}>")
    messages = []
    with connect(stack.address("EMG_SMTP")) as session:
        for number, form in enumerate(forms):
            messages.append(transact(session, f"{world.tag}-f8-{number}", (u, form)))
            messages.append(transact(session, f"{world.tag}-f8-{number}-both", (u, form), (u, f"<{u}>")))
    check(world, messages, since)
    for message in messages:
        path = stack.customer_has(f"X-Mark: {message.mark}\n") or stack.customer_has(f"X-Mark: {message.mark}\r\n")
        envelope = [line for line in path.read_text().splitlines() if line.startswith("X-Envelope-To")]
        assert len(envelope) == 1 and "NOTIFY=NEVER" in envelope[0], f"{message.dialogue} {envelope}"


def test_u10_many_recipients(stack, world):
    """The end of a message to a thousand recipients stays far from Postfix's content_timeout of 60 s."""
    domain = next(domain for domain in world.model.domains.values()
                  if domain.catchall and domain.bounce_protection and domain.routed and not domain.keep_copy and domain.mode == "backup")
    since = len(stack.mail_log())
    rcpts = [(f"many{number % 500}@{domain.name}", f"<many{number % 500}@{domain.name}>") for number in range(1000)]
    with connect(stack.address("EMG_SMTP")) as session:
        begin = time.monotonic()
        message = transact(session, f"{world.tag}-u10", *rcpts)
    assert time.monotonic() - begin < 60
    check(world, [message], since)


def test_l2_a_new_domain_sends_no_bounce_to_an_unproved_sender(stack, domain, mx):
    """A random recipient that is taken while the customer's server is away, and refused when it is back."""
    stack.sql("update domain set catchall = true where name = %s", domain)
    since, refuse = len(stack.mail_log()), stack.folder / "customer.refuse"
    before = refuse.read_text()
    refuse.write_text(before + f"guessed@{domain}\n")
    try:
        with mx() as session:
            reply = wait_for(lambda: (reply := session.message(UNPROVED, f"guessed@{domain}", "guessed")).code == 250 and reply, 5, "the rows")
        queue_id = reply.text.rpartition(" ")[2]
        wait_for(lambda: f"{queue_id}: removed" in stack.mail_log()[since:], 30, "the end of the message")
        log = [line for line in stack.mail_log()[since:].splitlines() if queue_id in line]
        assert any("status=bounced" in line for line in log), log
        assert not any("notification" in line for line in log), log
    finally:
        refuse.write_text(before)
