"""Tokens and keys: how they are held, and what cannot be one."""

import re

_PLACEHOLDER = re.compile(
    r"<[^#@].*>|(paste|put|your|change|replace|insert|enter)[-_ ].*|changeme|x{4,}|\.{3}", re.I
)


class Refused(ValueError):
    """A value cannot be used; the text completes a sentence that begins with the variable's name."""


class Secret:
    """A text that only shows itself to whoever asks for it by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        """Return the text; never to be shown."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret('**********')"


def is_placeholder(text: str) -> bool:
    """Return whether a value is still the one from an example file."""
    return _PLACEHOLDER.fullmatch(text) is not None


def check_secret(value: str) -> None:
    """Refuse what can be no token and no key.

    Raises:
        Refused: with words for what is wrong, which repeat nothing of it.
    """
    if not value:
        raise Refused("is empty")
    if is_placeholder(value):
        raise Refused("still holds the placeholder of the example: put your own value there")
    if "://" in value:
        raise Refused("holds an address: the values may have been swapped")
    if re.search(r"\s", value):
        raise Refused("contains a blank or a line break: copy the value alone, without any other word")
    if not (value.isascii() and value.isprintable()):
        raise Refused("contains a character that no key or token has: copy it again")
