"""What the paths answer. Refresh and verify are simplejwt's own views."""

from django.db import IntegrityError, transaction
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.views import TokenObtainPairView

from .serializers import LoginSerializer, PatientSerializer

TAKEN = {"user_email_unique": "email", "user_carte_id_unique": "carte_id"}


class Taken(APIException):
    """Another account has this value."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "taken"


class RegisterView(APIView):
    """Registers a patient and hands out the first tokens."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request):
        serializer = PatientSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            with transaction.atomic():
                user = serializer.save()
                refresh = LoginSerializer.get_token(user)
        except IntegrityError as error:
            field = TAKEN.get(error.__cause__.diag.constraint_name)
            if field is None:
                raise
            raise Taken({field: ["Is already taken by another account."]}) from error
        tokens = {"access": str(refresh.access_token), "refresh": str(refresh)}
        return Response({**serializer.data, **tokens}, status=status.HTTP_201_CREATED)


class LoginView(TokenObtainPairView):
    """Tokens for an e-mail and its password."""

    serializer_class = LoginSerializer


class MeView(APIView):
    """The caller's own account. Authentication has read its row: there is nothing left to ask for."""

    def get(self, request):
        return Response(PatientSerializer(request.user).data)


@require_safe
def live(request):
    """Whether the process answers at all."""
    return HttpResponse()


def not_found(request, exception):
    """Nothing is at this path."""
    return JsonResponse({"detail": "Nothing is at this path."}, status=status.HTTP_404_NOT_FOUND)
