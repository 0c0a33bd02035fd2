# SPDX-License-Identifier: BSD-2-Clause
"""packaging/postfix/main.cf and master.cf as the world meets them: what Postfix 3.7 ships off is on, and nothing is offered at the
door that a next hop lacks."""
import pathlib
import re
import socket
import subprocess
import time

import pytest

from routing import look_up, queue, routed, send, server, transportmap_program  # noqa: F401
from smtp import Reply, Session, new_sender
from stack import SOURCE, wait_for
from submission import PASSWORD, anna, log_in  # noqa: F401
from test_transport import give_password, inbox

SHIPPED = SOURCE / "packaging" / "postfix" / "main.cf"
OWN_NAME = "mx.emailgency.example"
OPERATOR = "admin@operator.example"
FORGED = "victim@notify.example"


def mails(stack):
    """A name that begins with "." is a message on its way: pathlib's "*" has it too."""
    return [path.read_bytes() for path in pathlib.Path(stack.env["EMG_CUSTOMER_MAIL"]).glob("[!.]*.eml")]


def mails_with(stack, mark):
    return [mail for mail in mails(stack) if mark.encode() in mail]


@pytest.fixture
def domain(stack, domain):
    """With its mailboxes in force, too."""
    for local in ("anna", "bert"):
        wait_for(lambda address=f"{local}@{domain}": look_up(stack, "relay_recipients", address) == "OK", 10, "the mailboxes")
    return domain


@pytest.fixture
def through_customer(stack):
    if stack.address("EMG_CUSTOMER")[1] != 25:
        pytest.skip("mail by MX needs the customer's server on port 25")


def raw(session, data, replies):
    """Sends bytes as they are and returns that many replies, fewer where the server hangs up."""
    session.sock.sendall(data)
    answers = []
    try:
        while len(answers) < replies:
            answers.append(Reply(session.getreply()))
    except (OSError, EOFError):  # smtplib's own errors are OSError
        pass
    return answers


# ---- F3, H5 ----

ENDS = {"LF.LF": b"\n.\n", "LF.CRLF": b"\n.\r\n", "CRLF.LF": b"\r\n.\n", "LF LF.CRLF": b"\n\n.\r\n", "CRLF.CR CRLF": b"\r\n.\r\r\n",
        "CR.CRLF": b"\r.\r\n", "CR.CR": b"\r.\r", "CRLF.CR": b"\r\n.\r", "CR.LF": b"\r.\n"}


@pytest.mark.parametrize("end", ENDS)
def test_f3_h5_only_crlf_dot_crlf_ends_a_message(stack, domain, mx, end):
    mark = new_sender().partition("@")[0]
    smuggled = f"MAIL FROM:<ceo@sender.example>\r\nRCPT TO:<anna@{domain}>\r\nDATA\r\nSubject: smuggled {mark}\r\n\r\nevil"
    with mx() as session:
        assert session.envelope("news@sender.example", f"anna@{domain}").code == 250
        assert Reply(session.docmd("DATA")).code == 354
        raw(session, f"Subject: outer {mark}\r\n\r\nbody".encode() + ENDS[end] + smuggled.encode() + b"\r\n.\r\nQUIT\r\n", 3)
    wait_for(lambda: mails_with(stack, f"outer {mark}") or f"{domain}" not in str(queue(stack, domain)), 15, "the message or none")
    wait_for(lambda: not queue(stack, domain), 15, "the queue to be empty")
    heads = [mail.split(b"\r\n\r\n")[0] for mail in mails_with(stack, mark)]
    assert not any(f"Subject: smuggled {mark}".encode() in head for head in heads)
    assert len(heads) <= 1


def test_f3_a_chunk_hides_no_second_message(stack, domain, mx):
    """BDAT (RFC 3030) counts: what ends a message elsewhere is text here, and does not end one at the next hop."""
    mark = new_sender().partition("@")[0]
    body = f"Subject: outer {mark}\r\n\r\nbody\n.\r\nMAIL FROM:<ceo@sender.example>\r\nSubject: smuggled {mark}\r\n\r\nevil\r\n.\r\nlast\r\n".encode()
    with mx() as session:
        assert session.envelope("news@sender.example", f"anna@{domain}").code == 250
        replies = raw(session, f"BDAT {len(body)} LAST\r\n".encode() + body, 1)
        assert [reply.code for reply in replies] == [250], replies
    mail = wait_for(lambda: mails_with(stack, mark), 15, "the message")
    assert len(mail) == 1 and b"last" in mail[0]


def test_f3_lines_that_end_in_lf_are_taken(stack, domain, mx):
    """Programs that write LF are many; they end with CR LF . CR LF or are none that can be served."""
    mark = new_sender().partition("@")[0]
    with mx() as session:
        assert session.envelope("news@sender.example", f"anna@{domain}").code == 250
        assert Reply(session.docmd("DATA")).code == 354
        assert raw(session, f"Subject: {mark}\n\nbody\n\r\n.\r\n".encode(), 1)[0].code == 250
    wait_for(lambda: mails_with(stack, mark), 15, "the message")


def test_f3_who_talks_before_being_asked_is_cut_off(stack):
    with socket.create_connection(stack.address("EMG_SMTP"), 30) as client:
        client.recv(1000)
        client.sendall(b"HELO client.example\r\nMAIL FROM:<a@sender.example>\r\n")
        said = b""
        while more := client.recv(1000):
            said += more
    assert b"554 5.5.0" in said, said


# ---- U7, L8 ----


@pytest.mark.parametrize("side", ["EMG_SMTP", "EMG_SUBMISSION"])
def test_u7_nobody_is_told_who_exists(stack, domain, side):
    with Session(stack.address(side)) as session:
        assert not session.has_extn("vrfy")
        assert {Reply(session.docmd(f"VRFY {local}@{domain}")).code for local in ("anna", "nobody")} == {502}


@pytest.mark.parametrize("side", ["EMG_SMTP", "EMG_SUBMISSION"])
def test_l8_etrn_is_refused(stack, domain, side):
    with Session(stack.address(side)) as session:
        assert not session.has_extn("etrn")
        assert Reply(session.docmd(f"ETRN {domain}")).code == 554


def test_l8_submission_refuses_the_null_sender(anna, stack):
    with log_in(stack, anna) as session:
        reply = session.envelope("", anna)
        assert str(reply).startswith("550 5.7.1") and "null sender" in reply.text, reply
        session.rset()
        assert session.envelope(anna, anna).code == 250


def test_l8_the_world_has_a_null_sender(domain, mx):
    with mx() as session:
        assert session.envelope("", f"anna@{domain}").code == 250


# ---- M8 ----


@pytest.mark.parametrize("of", ["mailbox", "domain"])
@pytest.mark.parametrize("how", ["DATA", "BDAT"])
def test_m8_denied_between_rcpt_and_data(stack, anna, of, how):
    with log_in(stack, anna) as session, log_in(stack, anna) as other:
        assert session.envelope(anna, anna).code == 250
        stack.sql("select deny_sending(%s)", anna if of == "mailbox" else anna.partition("@")[2])

        def refused():
            reply = other.envelope(anna, anna)
            other.rset()
            return reply.code == 550

        wait_for(refused, 5, "the denial to be in force")
        reply = Reply(session.docmd("DATA")) if how == "DATA" else raw(session, b"BDAT 4 LAST\r\nx\r\n\r", 1)[0]
        assert str(reply).startswith("550 5.7.1"), reply


# ---- F5 ----


def test_f5_reports_of_delivery_are_not_offered_to_the_world(stack):
    with Session(stack.address("EMG_SMTP")) as session:
        assert not session.has_extn("dsn")
    with Session(stack.address("EMG_SUBMISSION")) as session:
        assert session.has_extn("dsn")


@pytest.mark.parametrize("notify", ["NOTIFY=SUCCESS", "NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;x@y.example", "ORCPT=rfc822;x@y.example NOTIFY=DELAY"])
def test_f5_what_asks_for_reports_is_taken_without(stack, domain, mx, notify):
    """Also with two targets and a store copy, of which Postfix would report "expanded" at once."""
    mark = new_sender().partition("@")[0]
    stack.sql("update domain set keep_copy = true where name = %s", domain)
    stack.sql("insert into alias (address, target) values (%s, %s), (%s, %s)", f"team@{domain}", f"anna@{domain}", f"team@{domain}", f"bert@{domain}")
    wait_for(lambda: look_up(stack, "relay_recipients", f"team@{domain}") == "OK", 5, "the alias")
    with mx(client="198.51.100.66") as session:
        assert Reply(session.docmd(f"MAIL FROM:<{FORGED}> RET=HDRS ENVID={mark} BODY=8BITMIME")).code == 250
        assert Reply(session.docmd(f"RCPT TO:<team@{domain}> {notify}")).code == 250
        reply = session.send_body(mark)
        assert reply.code == 250, reply
    queue_id = re.search(r"queued as (\S+)", reply.text)[1]
    wait_for(lambda: f"{queue_id}: removed" in stack.mail_log(), 20, "the end of the message")
    lines = [line for line in stack.mail_log().splitlines() if queue_id in line]
    assert not any("notification" in line or "postfix/trace" in line for line in lines), lines
    assert not any(b"X-Envelope-From: <>" in mail for mail in mails_with(stack, mark))


@pytest.mark.parametrize("path", ["<{}>", '<"a> NOTIFY=NEVER b"@{}>', "<NOTIFY=SUCCESS@{}>"])
def test_f5_an_address_is_left_as_it_is(stack, domain, mx, path):
    stack.sql("update domain set catchall = true where name = %s", domain)
    wait_for(lambda: look_up(stack, "relay_recipients", f"nobody@{domain}") == "OK", 5, "the catch-all")
    with mx() as session:
        assert Reply(session.docmd("MAIL FROM:<a@sender.example>")).code == 250
        plain = path.format(f"anna@{domain}" if path == "<{}>" else domain)
        assert Reply(session.docmd(f"RCPT TO:{plain} NOTIFY=SUCCESS")).code == 250
        mark = new_sender().partition("@")[0]
        assert session.send_body(mark).code == 250
    mail = wait_for(lambda: mails_with(stack, mark), 15, "the message")[0]
    assert f"X-Envelope-To: {plain.lower()}".encode() in mail, mail[:300]


def test_f5_submission_reports_delivery(stack, anna):
    """A user can request a report: it comes to the sender, that is to the customer's server."""
    mark = new_sender().partition("@")[0]
    with log_in(stack, anna) as session:
        assert Reply(session.docmd(f"MAIL FROM:<{anna}> ENVID={mark}")).code == 250
        assert Reply(session.docmd(f"RCPT TO:<{anna.replace('anna', 'bert')}> NOTIFY=SUCCESS")).code == 250
        assert session.send_body(mark).code == 250
    report = wait_for(lambda: [mail for mail in mails_with(stack, f"Original-Envelope-Id: {mark}") if b"X-Envelope-From: <>" in mail], 15, "the report")
    assert f"X-Envelope-To: <{anna}>".encode() in report[0]


# ---- F2 ----


@pytest.mark.parametrize("side", ["EMG_SMTP", "EMG_SUBMISSION"])
def test_f2_smtputf8_is_not_offered(stack, side):
    with Session(stack.address(side)) as session:
        assert not session.has_extn("smtputf8") and session.has_extn("8bitmime")


def test_f2_raw_8_bit_headers_are_stored_and_relayed(stack, routed, server, mx):
    user, mark = f"anna@{routed}", new_sender().partition("@")[0]
    give_password(stack, user)
    stack.sql("update domain set keep_copy = true where name = %s", routed)
    wait_for(lambda: "store.invalid" in look_up(stack, "virtual_alias", user), 5, "keep_copy")
    with mx() as session:
        assert session.envelope("news@sender.example", user).code == 250
        assert Reply(session.data(f"Subject: grüße {mark}\r\n\r\nHallo\r\n".encode())).code == 250
    wait_for(lambda: any(f"grüße {mark}" in text for text in server.texts()), 15, "the relayed copy")
    store = stack.folder / "mail" / routed / "anna" / "Maildir" / "new"
    wait_for(lambda: any(f"grüße {mark}".encode() in path.read_bytes() for path in store.glob("*")), 15, "the stored copy")


# ---- F9 ----


def test_f9_bare_postmaster_is_the_operators(stack, mx, through_customer):
    mark = new_sender().partition("@")[0]
    for recipient in ("postmaster", "PostMaster"):
        assert send(mx, recipient, f"{mark} {recipient}").code == 250
        mail = wait_for(lambda to=recipient: mails_with(stack, f"{mark} {to}"), 15, recipient)
        assert len(mail) == 1 and f"X-Envelope-To: <{OPERATOR}>".encode() in mail[0]


@pytest.mark.parametrize("name", ["own", "alias", "alternate"])
def test_f9_postmaster_of_a_domain_without_one_is_the_operators(stack, domain, mx, through_customer, name):
    names = {"own": domain, "alias": "alias-" + domain, "alternate": stack.value("select alternate_name from domain where name = %s", domain)}
    stack.sql("insert into domain_alias (name, domain) values (%s, %s)", names["alias"], domain)
    wait_for(lambda: look_up(stack, "relay_domains", names["alias"]) == "OK", 5, "the alias domain")
    mark = new_sender().partition("@")[0]
    assert send(mx, f"postmaster@{names[name]}", mark).code == 250
    mail = wait_for(lambda: mails_with(stack, mark), 15, "the mail")
    assert len(mail) == 1 and f"X-Envelope-To: <{OPERATOR}>".encode() in mail[0]


@pytest.mark.parametrize("row", ["mailbox", "alias", "catchall", "verify_recipients"])
def test_f9_a_postmaster_of_the_customers_own_is_left_alone(stack, domain, row):
    address = f"postmaster@{domain}"
    wait_for(lambda: look_up(stack, "virtual_alias", address) == OPERATOR, 5, "the operator")
    if row == "mailbox":
        stack.sql("insert into mailbox (address) values (%s)", address)
    elif row == "alias":
        stack.sql("insert into alias (address, target) values (%s, %s)", address, f"anna@{domain}")
    else:
        stack.sql(f"update domain set {row} = true where name = %s", domain)
    wait_for(lambda: OPERATOR not in look_up(stack, "virtual_alias", address), 5, "the row")
    assert domain in look_up(stack, "virtual_alias", address)


def test_f9_own_names_and_nobody_elses(stack):
    assert look_up(stack, "virtual_alias", f"postmaster@{OWN_NAME}") == OPERATOR
    assert look_up(stack, "relay_recipients", f"postmaster@{OWN_NAME}") == "OK"
    for foreign in ("postmaster@elsewhere.example", f"root@{OWN_NAME}"):
        assert look_up(stack, "virtual_alias", foreign) == "", foreign


def test_f9_unset_it_is_found(stack, domain, setting):
    setting("postmaster", "")
    wait_for(lambda: look_up(stack, "relay_recipients", f"postmaster@{domain}") == "", 5, "the setting")
    found = subprocess.run([stack.env["EMG_CTL"], "check-postfix"], capture_output=True, text=True, check=False).stdout
    assert "warning: setting.postmaster: is empty" in found, found


# ---- M7 ----


def table(stack, parameter):
    """The shipped value of a parameter, as Postfix reads it, and not the quickstart's own."""
    folder = stack.folder / "shipped"
    folder.mkdir(exist_ok=True)
    (folder / "main.cf").write_text(SHIPPED.read_text())
    (folder / "master.cf").touch()
    done = subprocess.run(["postconf", "-c", folder, "-xh", parameter], capture_output=True, text=True, check=True)
    return done.stdout.strip()


INNER = ["A 127.0.0.1", "A 127.255.0.1", "A 0.0.0.0", "A 169.254.169.254", "A 224.0.0.1", "A 239.255.255.255", "A 240.0.0.1", "A 255.255.255.255",
         "AAAA ::1", "AAAA ::", "AAAA ::127.0.0.1", "AAAA ::ffff:127.0.0.1", "AAAA ::ffff:169.254.169.254", "AAAA fe80::1", "AAAA febf::1", "AAAA ff02::1"]
OUTER = ["A 192.0.2.127", "A 1.127.0.1", "A 10.0.0.1", "A 223.255.255.1", "A 169.253.1.1", "A 100.64.0.1", "AAAA 2001:db8::1", "AAAA fd00::1",
         "AAAA ::ffff:192.0.2.1", "AAAA fec0::1", "AAAA 2001:db8:ff02::1", "MX 10 localhost.", "TXT x 1 IN A 127.0.0.1"]


def test_m7_inner_addresses_are_no_answers(stack):
    records = [f"mail.x.example. 3600 IN {record}" for record in INNER + OUTER]
    shipped = table(stack, "smtp_dns_reply_filter")
    done = subprocess.run(["postmap", "-c", stack.folder / "shipped", "-q", "-", shipped], input="".join(f"{line}\n" for line in records),
                          capture_output=True, text=True, check=False)
    dropped = [line.partition("\t")[0].partition(" IN ")[2] for line in done.stdout.splitlines() if line.endswith("\tIGNORE")]
    assert dropped == INNER, done.stderr


@pytest.mark.parametrize("by", ["transport", "MX"])
def test_m7_a_name_that_leads_inside_makes_mail_wait(stack, domain, records, mx, by):
    """Whatever the name was when its row was written. Loopback is where this stack lives: link-local is used in place of it."""
    since = len(stack.mail_log())
    host = f"inner.{domain}"
    records(f"{host} A 169.254.169.254", f"{domain} MX 10 {host}")
    stack.sql("update domain set transport = %s where name = %s", f"{host}:2525" if by == "transport" else None, domain)
    route = f"relay:[{host}]:2525" if by == "transport" else f"relay:{domain}"
    wait_for(lambda: look_up(stack, "transport", domain) == route, 5, "the route")
    assert send(mx, f"anna@{domain}", "waits").code == 250
    wait_for(lambda: any(f"anna@{domain}" in line and "status=deferred" in line for line in stack.mail_log()[since:].splitlines()), 20, "the mail to wait")
    lines = [line for line in stack.mail_log()[since:].splitlines() if domain in line and "status=" in line]
    assert not any("status=bounced" in line for line in lines), lines
    assert "169.254.169.254" not in "".join(lines), "nobody was asked"


# ---- L9 ----


def test_l9_with_a_kept_socket_a_restart_refuses_nobody(stack, tmp_path):
    """systemd keeps the socket: while transportmap restarts, Postfix's question waits in the backlog."""
    path = f"{stack.folder}/run/kept"
    conf = tmp_path / "conf"
    conf.write_text(f'log = stderr\nmetrics = ""\nlisten = "unix:{path}"\nlisten_group = ""\ndirectory = "{stack.env["EMG_LMDB"]}"\n')
    keeper = socket.socket(socket.AF_UNIX)
    keeper.bind(path)
    keeper.listen(1024)

    def start():
        # As sd_listen_fds(3) has it: descriptor 3, and the process it is meant for.
        script = 'exec 3<&"$1"; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$2" -c "$3"'
        return subprocess.Popen(["bash", "-c", script, "bash", str(keeper.fileno()), transportmap_program(), conf],
                                pass_fds=[keeper.fileno()], stderr=subprocess.DEVNULL)

    def ask():
        return subprocess.Popen(["postmap", "-c", stack.env["EMG_POSTFIX"], "-q", "nobody.example", f"socketmap:unix:{path}:relay_domains"],
                                stderr=subprocess.PIPE, text=True)

    server = start()
    try:
        assert ask().wait(20) == 1  # not found
        server.terminate()
        server.wait(20)
        waiting = ask()
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(1)
        server = start()
        assert (waiting.wait(20), waiting.stderr.read()) == (1, "")
    finally:
        server.terminate()
        server.wait(20)
        keeper.close()
        pathlib.Path(path).unlink(missing_ok=True)
