"""The gateway's file from disk, and what a person is told when it cannot be read."""

from pathlib import Path
from typing import Final

from edge import configuration
from vocabulary.errors import ConfigurationInvalid, Finding

DEFAULT_CONFIG: Final = "/etc/lamplighter/gateway.toml"


def read(path: str) -> configuration.GatewayConfiguration:
    """Read and check a configuration.

    Raises:
        ConfigurationInvalid: with every finding, or that the file cannot be read.
    """
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        found = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationInvalid(
            [Finding(path, 0, "(file)", found, "a readable file; name it with --config")]
        ) from None
    return configuration.parse(text, file=path)
