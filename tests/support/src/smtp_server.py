"""A mail server for tests: keeps what it takes as files, and does as the files in its folder say.

Arguments: FOLDER [CERTIFICATE KEY]. With a certificate it takes mail over STARTTLS only.
FOLDER/refuse   its text answers DATA instead, e.g. "451 later"; nothing is kept
FOLDER/unknown  recipients, one a line, that are refused for good
FOLDER/slow     so many seconds pass before it acknowledges what it kept
FOLDER/hold     while it is there, what was kept is not yet acknowledged
"""

import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP


class Keeper:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    def text(self, name):
        try:
            with open(os.path.join(self.folder, name), encoding="utf-8") as file:
                return file.read().strip()
        except FileNotFoundError:
            return None

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in (self.text("unknown") or "").splitlines():
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        refusal = self.text("refuse")
        if refusal:
            return refusal
        self.count += 1
        kept = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "text": envelope.content.decode("utf-8"),
            "encrypted": session.ssl is not None,
        }
        path = os.path.join(self.folder, f"{self.count:06}.json")
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(kept, file)
        os.rename(path + ".new", path)
        await asyncio.sleep(float(self.text("slow") or 0))
        while os.path.exists(os.path.join(self.folder, "hold")):
            await asyncio.sleep(0.02)
        return "250 OK"


async def main():
    folder, *tls = sys.argv[1:]
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
    keeper = Keeper(folder)
    loop = asyncio.get_running_loop()

    def smtp():
        return SMTP(keeper, tls_context=context, require_starttls=bool(tls), loop=loop)

    server = await loop.create_server(smtp, "127.0.0.1", 0)
    print("listening on port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
