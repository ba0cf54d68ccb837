"""Why a message is refused."""


class ProtocolError(ValueError):
    """A message that breaks the contract; `reason` is a stable code, the text is for a person."""

    def __init__(self, reason: str, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.reason = reason
        self.field = field
