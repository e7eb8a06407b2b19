"""Query parameters as ASP.NET Core reads them: names in any case, lists by repetition, strict values."""

from collections.abc import Iterable


class BadParameter(Exception):
    """A parameter that cannot be read: the apps answer 400 with a problem document."""

    def __init__(self, field: str, value: str) -> None:
        super().__init__(f"The value '{value}' is not valid.")
        self.field = field


class Parameters:
    """The query of one request."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name.lower(), []).append(value)

    def texts(self, name: str) -> list[str]:
        """Return every value of a repeated parameter."""
        return self._values.get(name.lower(), [])

    def text(self, name: str, default: str = "") -> str:
        """Return the first value."""
        return (self.texts(name) or [default])[0]

    def numbers(self, name: str) -> list[int]:
        """Return every value of a repeated parameter as a number; a comma list is malformed."""
        return [_number(name, value) for value in self.texts(name)]

    def number(self, name: str, default: int) -> int:
        """Return the first value as a number."""
        return (self.numbers(name) or [default])[0]

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return the first value as a boolean."""
        value = self.text(name, str(default))
        if value.lower() not in ("true", "false"):
            raise BadParameter(name, value)
        return value.lower() == "true"

    def word(self, name: str, allowed: set[str], *, default: str) -> str:
        """Return the first value, which must be one of the allowed words in any case, in lower case."""
        value = self.text(name, default).lower()
        if value not in allowed and value != default:
            raise BadParameter(name, value)
        return value


def _number(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise BadParameter(name, value) from None
