"""TLS to the broker: who may vouch for it, and what we show it."""

import ssl

from django.core.exceptions import ImproperlyConfigured

from apps.common.addresses import TlsFiles


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Return a context that checks the broker's certificate and name.

    Raises: ImproperlyConfigured naming the setting whose file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=files.ca or None)
    except OSError as error:
        raise _unusable("MQTT_CA_FILE", files.ca, error) from error
    if files.certificate:
        try:
            context.load_cert_chain(files.certificate, files.key)
        except OSError as error:
            names = f"{files.certificate} and {files.key}"
            raise _unusable("MQTT_CERT_FILE and MQTT_KEY_FILE", names, error) from error
    return context


def _unusable(setting: str, path: str, error: OSError) -> ImproperlyConfigured:
    why = error.strerror or getattr(error, "reason", "") or type(error).__name__
    return ImproperlyConfigured(
        f"{setting}: {path} cannot be used ({why}). Give a PEM file that this process can read."
    )
