"""A patient's account, in one table: a request for it is one row by its key."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Upper


class UserManager(BaseUserManager):
    """Finds accounts by e-mail regardless of case."""

    def get_by_natural_key(self, email):
        # UPPER(email) = UPPER(%s), which the index of `user_email_unique` serves.
        return self.get(email__iexact=email)


class User(AbstractBaseUser):
    """A patient. The fields are the contract's."""

    class BloodType(models.TextChoices):
        A_POSITIVE = "A+"
        A_NEGATIVE = "A-"
        B_POSITIVE = "B+"
        B_NEGATIVE = "B-"
        AB_POSITIVE = "AB+"
        AB_NEGATIVE = "AB-"
        O_POSITIVE = "O+"
        O_NEGATIVE = "O-"

    class Gender(models.TextChoices):
        MALE = "Male"
        FEMALE = "Female"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254)
    carte_id = models.CharField(max_length=64)
    first_name = models.CharField(max_length=150)
    last_name = models.CharField(max_length=150)
    birth_date = models.DateField()
    numero_tel = models.CharField(max_length=32)
    address = models.CharField(max_length=500, null=True, blank=True)
    blood_type = models.CharField(max_length=3, choices=BloodType, null=True, blank=True)
    gender = models.CharField(max_length=6, choices=Gender)
    image = models.URLField(max_length=2048, null=True, blank=True)
    emergency_numbers = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    married = models.BooleanField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    # Nobody asks for it, and it would be a write at each login.
    last_login = None

    objects = UserManager()

    USERNAME_FIELD = "email"

    class Meta:
        constraints = [
            models.UniqueConstraint(Upper("email"), name="user_email_unique"),
            models.UniqueConstraint(fields=["carte_id"], name="user_carte_id_unique"),
        ]
