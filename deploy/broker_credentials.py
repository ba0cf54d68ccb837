"""Writes the bridge's user into the broker's password file and access list, before the broker starts.

MQTT_URL=mqtt://bridge:SECRET@... MQTT_PASSWORD_FILE=... python deploy/broker_credentials.py
"""

import os
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from apps.stations.gateways.password_file import PasswordFile


def main() -> None:
    """Set the password; every other user of the file stays."""
    address = urlsplit(os.environ["MQTT_URL"])
    if not address.username or not address.password:
        sys.exit("MQTT_URL names no user and password.")
    passwords = PasswordFile(Path(os.environ["MQTT_PASSWORD_FILE"]))
    passwords.set(unquote(address.username), unquote(address.password))


if __name__ == "__main__":
    main()
