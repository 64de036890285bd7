"""Mailboxes of a real dovecot of the test's own: filled by LMTP, read by IMAP. All lies in its own folder."""

from __future__ import annotations

import getpass
import imaplib
import os
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PASSWORD = "any-name-with-this"
_PATIENCE = 20.0

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
postmaster_address = postmaster@example.org
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner_group} home={folder}/mail/%u allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service anvil {{
  chroot =
}}
namespace inbox {{
  inbox = yes
}}
"""


@dataclass(frozen=True)
class Mailboxes:
    """A mailbox for every address."""

    imap: int
    lmtp: int

    def deliver(self, sender: str, recipient: str, message: bytes) -> None:
        """What a mail server does with what it took."""
        with smtplib.LMTP("127.0.0.1", self.lmtp, "localhost") as line:
            line.sendmail(sender, recipient, message)

    def read(self, address: str) -> list[bytes]:
        """All messages of a mailbox, whole, as a mail program fetches them."""
        with imaplib.IMAP4("127.0.0.1", self.imap, timeout=_PATIENCE) as line:
            line.login(address, _PASSWORD)
            line.select("INBOX", readonly=True)
            numbers = line.search(None, "ALL")[1][0].split()
            return [_whole(line, number) for number in numbers]


def _whole(line: imaplib.IMAP4, number: bytes) -> bytes:
    (answer, *_) = line.fetch(number.decode(), "(RFC822)")[1]
    assert isinstance(answer, tuple), answer
    return answer[1]


@contextmanager
def mailboxes(dovecot: Path) -> Iterator[Mailboxes]:
    """Start dovecot on free ports of loopback; at the end it and all that it kept are gone."""
    with tempfile.TemporaryDirectory() as name:  # whose path is short: sockets lie beneath it
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "mail").mkdir()
        (folder / "mail").chmod(0o777)
        made = Mailboxes(_free_port(), _free_port())
        file = folder / "dovecot.conf"
        file.write_text(_configuration(folder, made))
        with (folder / "console").open("wb") as console:
            process = subprocess.Popen([dovecot, "-F", "-c", file], stdout=console, stderr=subprocess.STDOUT)
        try:
            _wait_until_it_answers(made, process, folder)
            yield made
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _configuration(folder: Path, made: Mailboxes) -> str:
    me, my_group = getpass.getuser(), str(os.getgid())
    if os.geteuid() == 0:  # then it insists on users of its own
        users = {"internal": "dovecot", "group": "dovecot", "login": "dovenull", "owner": "nobody"}
        users["owner_group"] = "nogroup"
    else:
        users = {"internal": me, "group": my_group, "login": me, "owner": me, "owner_group": my_group}
    return _CONFIGURATION.format(folder=folder, imap=made.imap, lmtp=made.lmtp, password=_PASSWORD, **users)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _wait_until_it_answers(made: Mailboxes, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            for port in (made.imap, made.lmtp):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    told = "".join(path.read_text() for path in (folder / "console", folder / "log") if path.exists())
    raise RuntimeError(f"dovecot does not answer:\n{told}")
