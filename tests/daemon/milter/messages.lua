-- SPDX-License-Identifier: BSD-2-Clause
-- miltertest(8), which speaks the milter protocol by code of its own: two messages on one connection.

local function expect(condition, what)
    if not condition then
        error(what)
    end
end

local conn = mt.connect(socket)
expect(conn ~= nil, "cannot connect to " .. socket)

mt.macro(conn, SMFIC_CONNECT, "j", "mx.test.example")
expect(mt.conninfo(conn, "unknown", "192.0.2.2") == nil, "connect")
expect(mt.helo(conn, "mail.bad.example") == nil, "helo")

-- A forged sender: refused by one domain, marked for another.
expect(mt.mailfrom(conn, "<a@good.example>") == nil, "mail")
expect(mt.rcptto(conn, "<anna@reject.example>") == nil, "rcpt")
expect(mt.getreply(conn) == SMFIR_REPLYCODE, "the domain that rejects")
expect(mt.rcptto(conn, "<x@mark.example>") == nil, "rcpt")
expect(mt.getreply(conn) == SMFIR_CONTINUE, "the domain that marks")
expect(mt.header(conn, "Authentication-Results", "mx.test.example; spf=pass smtp.mailfrom=a@good.example") == nil, "header")
expect(mt.header(conn, "Subject", "test") == nil, "header")
expect(mt.bodystring(conn, "Hello\r\n") == nil, "body")
expect(mt.eom(conn) == nil, "eom")
expect(mt.getreply(conn) == SMFIR_ACCEPT or mt.getreply(conn) == SMFIR_CONTINUE, "the message")
expect(mt.eom_check(conn, MT_HDRINSERT, "Authentication-Results"), "our field is missing")
expect(mt.eom_check(conn, MT_HDRDELETE, "Authentication-Results"), "the forged field is not removed")

-- The next message on the connection starts from scratch; it is aborted half-way.
expect(mt.mailfrom(conn, "<>") == nil, "mail")
expect(mt.rcptto(conn, "<x@off.example>") == nil, "rcpt")
expect(mt.getreply(conn) == SMFIR_CONTINUE, "a bounce")
expect(mt.rcptto(conn, "<x@never.example>") == nil, "rcpt")
expect(mt.getreply(conn) == SMFIR_REPLYCODE, "a bounce to an address that never sends")
expect(mt.abort(conn) == nil, "abort")
mt.disconnect(conn)
