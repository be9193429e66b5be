"""Messaging for Django projects: conversations and messages over any user model, REST, real time."""

__version__ = "0.1.0.dev0"
__all__ = ["__version__"]
