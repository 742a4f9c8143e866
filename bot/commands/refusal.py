"""How a command says that it cannot be done."""


class CannotDo(Exception):
    """The command cannot be done; the words say why and what to do."""
