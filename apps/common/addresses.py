"""Where the server finds what it talks to. Pure: the settings are built from these."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TlsFiles:
    """Paths of PEM files; without `ca` the system's own authorities count, without `certificate` we show none."""

    ca: str = ""
    certificate: str = ""
    key: str = ""


@dataclass(frozen=True)
class BrokerAddress:
    """Where the MQTT broker listens and as whom the server signs in."""

    host: str
    port: int
    username: str
    password: str
    tls: bool
    files: TlsFiles = TlsFiles()
