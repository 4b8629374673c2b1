"""An SMTP server for tests, on a free port of 127.0.0.1, that behaves as its options say.

It writes JSON to stdout, an object a line: first its port and the certificate of its authority, then
each connection and each message that it accepts. It ends when its stdin is closed.
"""

import argparse
import asyncio
import datetime
import json
import os
import ssl
import sys
import threading

import trustme
from aiosmtpd.smtp import SMTP, AuthResult

parser = argparse.ArgumentParser()
parser.add_argument("--tls", choices=["starttls", "implicit"])
parser.add_argument("--certificate-of", default="localhost", metavar="NAME")
parser.add_argument("--expired", action="store_true", help="the certificate is too old")
parser.add_argument("--login", metavar="USER:PASSWORD", help="required before a message")
parser.add_argument(
    "--at",
    action="append",
    default=[],
    metavar="STEP=ACTION",
    help="what happens at CONNECT, NOOP, MAIL, RCPT or DATA (the end of the message), the first time, "
    "the second time, and so on; then as usual. An ACTION is a reply; `ok`; `close` (without a reply); "
    "`accept,close` (after 250); or `silence` (no reply ever)",
)
options = parser.parse_args()
plan = {}
for step, action in (item.split("=", 1) for item in options.at):
    plan.setdefault(step, []).append(action)


def report(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


class Connection(SMTP):
    async def _handle_client(self):
        report("connection")
        reply = await self.planned("CONNECT", "")
        if reply:
            await self.push(reply)
            self.transport.close()
        else:
            await super()._handle_client()

    async def planned(self, step, usual):
        """Returns the reply at this step; does not return if there is none."""
        actions = plan.get(step)
        action = actions.pop(0) if actions else "ok"
        if action == "ok":
            return usual
        if action == "silence":
            await asyncio.Event().wait()
        if action in ("close", "accept,close"):
            if action == "accept,close":
                await self.push("250 accepted")
            self.transport.close()
            await asyncio.Event().wait()
        return action


class Handler:
    async def handle_NOOP(self, connection, session, envelope, argument):
        return await connection.planned("NOOP", "250 OK")

    async def handle_MAIL(self, connection, session, envelope, address, parameters):
        envelope.mail_from = address
        return await connection.planned("MAIL", "250 OK")

    async def handle_RCPT(self, connection, session, envelope, address, parameters):
        reply = await connection.planned("RCPT", "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, connection, session, envelope):
        message = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "is_encrypted": connection.transport.get_extra_info("cipher") is not None,
            "user": session.auth_data.login.decode() if session.authenticated else None,
            "text": envelope.content.decode(),
        }
        if plan.get("DATA", ["ok"])[:1] in ([], ["ok"], ["accept,close"]):
            report("message", **message)
        return await connection.planned("DATA", "250 accepted")


def authenticate(connection, session, envelope, mechanism, given):
    is_right = f"{given.login.decode()}:{given.password.decode()}" == options.login
    return AuthResult(success=is_right, handled=False, auth_data=given)


def certificate():
    authority = trustme.CA()
    end = datetime.datetime(2020, 1, 1) if options.expired else None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(options.certificate_of, not_after=end).configure_cert(context)
    return context, authority.cert_pem.bytes().decode()


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


async def main():
    context, authority = certificate()
    implicit = context if options.tls == "implicit" else None
    starttls = context if options.tls == "starttls" else None
    loop = asyncio.get_running_loop()

    def connection():
        return Connection(
            Handler(),
            hostname="mx.test",
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=options.login is not None,
            auth_require_tls=starttls is not None,
            authenticator=authenticate,
            loop=loop,
        )

    server = await loop.create_server(connection, "127.0.0.1", 0, ssl=implicit)
    report("ready", port=server.sockets[0].getsockname()[1], authority=authority)
    threading.Thread(target=end_with_stdin, daemon=True).start()
    await server.serve_forever()


asyncio.run(main())
