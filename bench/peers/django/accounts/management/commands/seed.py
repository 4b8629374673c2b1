"""The account that the benchmark logs in to."""

import datetime

from django.core.management.base import BaseCommand

from accounts.models import User

PASSWORD = "bench-password-1"


class Command(BaseCommand):
    """Makes the benchmark's account where it is not there, and gives it its password back."""

    help = __doc__

    def handle(self, **options):
        user, _ = User.objects.get_or_create(
            email="bench@example.org",
            defaults={
                "carte_id": "BENCH1",
                "first_name": "Alice",
                "last_name": "Smith",
                "birth_date": datetime.date(1990, 5, 15),
                "numero_tel": "555-1234",
                "address": "456 Elm Street",
                "blood_type": User.BloodType.O_POSITIVE,
                "gender": User.Gender.FEMALE,
                "emergency_numbers": ["555-5555", "777-7777"],
                "married": True,
            },
        )
        if not user.has_usable_password() or not user.check_password(PASSWORD):
            user.set_password(PASSWORD)
            user.save(update_fields=["password"])
