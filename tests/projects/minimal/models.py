"""Users as Django's own never look: a UUID key, no username, no e-mail address, no names, no roles."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, phone: str, password: str | None = None) -> Person:
        person = self.model(phone=phone)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    phone = models.CharField(max_length=64, unique=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "phone"

    def __str__(self) -> str:
        return str(self.id)
