"""The contract's forms and answers."""

from collections.abc import Mapping

from django.utils import timezone
from rest_framework import serializers
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer

from .models import User


class PatientSerializer(serializers.ModelSerializer):
    """A patient's account: what a registration sends, and what `GET /api/me` answers."""

    password = serializers.CharField(write_only=True, trim_whitespace=False, min_length=8, max_length=128)
    carte_id = serializers.RegexField(r"^[A-Za-z0-9]+\Z", max_length=64)
    emergency_numbers = serializers.ListField(
        child=serializers.CharField(max_length=32), required=False, max_length=10
    )
    isPatient = serializers.ReadOnlyField(default=True)

    class Meta:
        model = User
        fields = [
            "id",
            "carte_id",
            "email",
            "first_name",
            "last_name",
            "birth_date",
            "numero_tel",
            "address",
            "blood_type",
            "gender",
            "image",
            "emergency_numbers",
            "married",
            "isPatient",
            "password",
        ]
        # The database says what is taken (see `RegisterView`): asking it first would be two more queries.
        validators = []

    def to_internal_value(self, data):
        # An optional member may be left out, `null` or "".
        if isinstance(data, Mapping):
            data = {name: value for name, value in data.items() if value not in (None, "")}
        return super().to_internal_value(data)

    def validate_birth_date(self, value):
        if value > timezone.localdate():
            raise serializers.ValidationError("Is in the future.", code="in_future")
        return value

    def create(self, validated_data):
        password = validated_data.pop("password")
        user = User(**validated_data)
        user.set_password(password)
        user.save(force_insert=True)
        return user


class LoginSerializer(TokenObtainPairSerializer):
    """Tokens, whose they are, and the flag of the role."""

    @classmethod
    def get_token(cls, user):
        token = super().get_token(user)
        token["isPatient"] = True
        return token

    def validate(self, attrs):
        return {**super().validate(attrs), "id": self.user.id, "isPatient": True}
