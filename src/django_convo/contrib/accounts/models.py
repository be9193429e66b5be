"""An abstract user for hosts that have none yet: log in by e-mail, a role, a UUID key."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.models.fields import is_storable_text, uuid7


class Role(models.TextChoices):
    """A user's role on the site."""

    GUEST = "guest", _("guest")
    HOST = "host", _("host")
    ADMIN = "admin", _("admin")


class AccountManager(BaseUserManager["AbstractAccount"]):
    """Makes users by e-mail address; addresses are unique whatever their case."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> AbstractAccount:
        """Create and return a user; without a password, one who cannot log in with any."""
        if not email:
            raise ValueError("create_user() needs an e-mail address: it is the login.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> AbstractAccount:
        """Create and return a user with every permission and the role `admin`."""
        return self.create_user(
            email, password, **{"role": Role.ADMIN, "is_staff": True, "is_superuser": True} | fields
        )

    def get_by_natural_key(self, username: str | None) -> AbstractAccount:
        """Return the user with this e-mail address, whatever its case; DoesNotExist where there is none."""
        login = self.model.normalize_login(username or "")
        if not is_storable_text(login):
            # Basic authentication passes on what a client sent, and PostgreSQL refuses a NUL even in a question.
            raise self.model.DoesNotExist
        return self.get(email=login)

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        return (email or "").strip().lower()


class AbstractAccount(AbstractBaseUser, PermissionsMixin):
    """`class User(AbstractAccount)` and `AUTH_USER_MODEL = "yourapp.User"` give a project its users."""

    user_id = models.UUIDField(_("user id"), primary_key=True, default=uuid7, editable=False)
    first_name = models.CharField(_("first name"), max_length=150)
    last_name = models.CharField(_("last name"), max_length=150)
    email = models.EmailField(
        _("email address"), unique=True, error_messages={"unique": _("A user with that e-mail address exists.")}
    )
    phone_number = models.CharField(_("phone number"), max_length=32, null=True, blank=True)
    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.GUEST)
    is_staff = models.BooleanField(_("staff status"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = AccountManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]

    class Meta:
        abstract = True
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    @classmethod
    def normalize_login(cls, email: str) -> str:
        return AccountManager.normalize_email(email)

    def clean(self) -> None:
        super().clean()
        self.email = self.normalize_login(self.email)

    def get_full_name(self) -> str:
        """Return first and last name with a space between."""
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        """Return the first name."""
        return self.first_name

    @property
    def convo_role(self) -> str:
        """The site role that `django_convo`'s default resolver reads."""
        return self.role
