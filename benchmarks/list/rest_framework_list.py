"""The peer's side, run by an interpreter that has Django: the same rows as the same JSON, written as its documentation shows it.

Model serializers, one of them nested, ``select_related`` and ``prefetch_related``, cursor pagination, JSON alone; no DEBUG, persistent
connections, and of the middleware what has a counterpart in Aizen. The token is Aizen's own, and its session is looked up as there.
"""
# mypy: disable-error-code="import-not-found,import-untyped,misc,untyped-decorator"

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

import django
import jwt
from django.conf import settings

DATABASE = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    DEBUG=False,
    # Whoever measures is told of an error.
    DEBUG_PROPAGATE_EXCEPTIONS=True,
    SECRET_KEY=os.environ["JWT_SECRET_KEY"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE.path.lstrip("/"),
            "USER": unquote(DATABASE.username or ""),
            "PASSWORD": unquote(DATABASE.password or ""),
            "HOST": DATABASE.hostname or unquote(DATABASE.query.partition("host=")[2]),
            "PORT": DATABASE.port or "",
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - all of Django below needs the settings first
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import exceptions, serializers  # noqa: E402
from rest_framework.authentication import BaseAuthentication, get_authorization_header  # noqa: E402
from rest_framework.generics import ListAPIView  # noqa: E402
from rest_framework.pagination import CursorPagination  # noqa: E402
from rest_framework.permissions import BasePermission  # noqa: E402

from benchmarks.list.driver import serve  # noqa: E402

SIGNING_KEY = os.environ["SIGNING_KEYS"].encode()
BASE_URL = os.environ["PUBLIC_URL"]
LIFE, WINDOW = int(os.environ["ADDRESS_SECONDS"]), 600
PREFIX = "/api/v1/images"


class PlainJson(models.JSONField):
    """A column of type json, which psycopg reads by itself; Django's own would be jsonb."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value


class User(models.Model):
    id = models.UUIDField(primary_key=True)
    email = models.CharField(max_length=254)
    username = models.CharField(max_length=50)
    role = models.CharField(max_length=10)
    disabled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        app_label, db_table, managed = "peer", "users", False


class Session(models.Model):
    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label, db_table, managed = "peer", "sessions", False


class Image(models.Model):
    id = models.UUIDField(primary_key=True)
    owner = models.ForeignKey(User, models.CASCADE)
    status = models.CharField(max_length=12)
    source = models.CharField(max_length=16)
    parent_id = models.UUIDField(null=True)
    recipe = models.TextField(null=True)
    visibility = models.CharField(max_length=10)
    title = models.CharField(max_length=200)
    description = models.TextField()
    alt = models.CharField(max_length=1000)
    alt_status = models.CharField(max_length=10)
    tags = PlainJson()
    key = models.CharField(max_length=255)
    file_name = models.CharField(max_length=255)
    format = models.CharField(max_length=8)
    media_type = models.CharField(max_length=40)
    width = models.IntegerField()
    height = models.IntegerField()
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    thumbhash = models.CharField(max_length=64, null=True)
    dominant_color = models.CharField(max_length=7, null=True)
    focal_x = models.FloatField(null=True)
    focal_y = models.FloatField(null=True)
    duplicate_of = models.UUIDField(null=True)
    ai_status = models.CharField(max_length=10)
    ai_description = models.CharField(max_length=500, null=True)
    ai_alt = models.CharField(max_length=150, null=True)
    ai_tags = PlainJson(null=True)
    ai_provider = models.CharField(max_length=40, null=True)
    ai_model = models.CharField(max_length=100, null=True)
    ai_error = models.CharField(max_length=60, null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        app_label, db_table, managed = "peer", "images", False


class Variant(models.Model):
    id = models.UUIDField(primary_key=True)
    image = models.ForeignKey(Image, models.CASCADE, related_name="variants")
    name = models.CharField(max_length=40)
    role = models.CharField(max_length=10)
    key = models.CharField(max_length=255)
    format = models.CharField(max_length=8)
    width = models.IntegerField()
    height = models.IntegerField()
    bytes = models.BigIntegerField()

    class Meta:
        app_label, db_table, managed = "peer", "variants", False


def media_path(key: str) -> str:
    ends = -(-(int(time.time()) + LIFE) // WINDOW) * WINDOW
    digest = hmac.new(SIGNING_KEY, f"media\nowner\n{ends}\n{key}".encode(), hashlib.sha256).digest()
    signature = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return f"/media/{quote(key)}?{urlencode({'expires': ends, 'for': 'owner', 'signature': signature})}"


class Moment(serializers.Field):
    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class UserSerializer(serializers.ModelSerializer):
    date_joined = Moment(source="created_at")

    class Meta:
        model = User
        fields = ("id", "email", "username", "date_joined")


class VariantSerializer(serializers.ModelSerializer):
    url = serializers.SerializerMethodField()

    class Meta:
        model = Variant
        fields = ("name", "width", "height", "bytes", "format", "url")

    def get_url(self, variant: Any) -> str:
        return BASE_URL + media_path(variant.key)


class DescriptionSerializer(serializers.ModelSerializer):
    status = serializers.CharField(source="ai_status")
    description = serializers.CharField(source="ai_description")
    alt = serializers.CharField(source="ai_alt")
    tags = serializers.JSONField(source="ai_tags")
    provider = serializers.CharField(source="ai_provider")
    model = serializers.CharField(source="ai_model")
    error = serializers.CharField(source="ai_error")

    class Meta:
        model = Image
        fields = ("status", "description", "alt", "tags", "provider", "model", "error")


class ImageSerializer(serializers.ModelSerializer):
    is_public = serializers.SerializerMethodField()
    focal_point = serializers.SerializerMethodField()
    ai = DescriptionSerializer(source="*")
    variants = VariantSerializer(many=True)
    user = UserSerializer(source="owner")
    uploaded_at = Moment(source="created_at")
    updated_at = Moment()

    class Meta:
        model = Image
        fields = (
            *("id", "status", "title", "description", "alt", "alt_status", "tags", "file_name", "format", "media_type", "width", "height"),
            *("bytes", "sha256", "thumbhash", "dominant_color", "source", "parent_id", "recipe", "is_public", "visibility"),
            *("focal_point", "ai", "variants"),
            *("duplicate_of", "user", "uploaded_at", "updated_at"),
        )

    def get_is_public(self, image: Any) -> bool:
        return bool(image.visibility == "public")

    def get_focal_point(self, image: Any) -> dict[str, float] | None:
        return None if image.focal_x is None else {"x": image.focal_x, "y": image.focal_y}

    def to_representation(self, image: Any) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(image)
        address = media_path(image.key)
        told |= {"image": address, "image_url": BASE_URL + address, "signed_url": BASE_URL + address}
        own = f"{PREFIX}/{image.id}"
        enough = [each for each in told["variants"] if each["width"] >= 320] or told["variants"]
        thumb = min(enough, key=lambda each: (each["width"], each["format"] != "webp"), default=None)
        told["links"] = {
            "self": own,
            "file": f"{own}/file",
            "status": f"{own}/status",
            "thumb": thumb["url"] if thumb else None,
            "embed": f"{own}/embed",
        }
        return told


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Any) -> tuple[Any, Any]:
        token = get_authorization_header(request).decode().removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, settings.SECRET_KEY, algorithms=["HS256"], audience="aizen", issuer="aizen", leeway=5)
        except jwt.PyJWTError as error:
            raise exceptions.AuthenticationFailed from error
        live = Session.objects.select_related("user").filter(
            ended_at=None, expires_at__gt=datetime.now(UTC), user__disabled_at=None, user_id=claims["sub"]
        )
        session = live.filter(id=uuid.UUID(claims["sid"])).first()
        if session is None:
            raise exceptions.AuthenticationFailed
        return session.user, session


class IsSignedIn(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return request.user is not None


class Newest(CursorPagination):
    page_size = 50
    ordering = ("-created_at", "-id")


class Images(ListAPIView):
    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsSignedIn,)
    pagination_class = Newest
    serializer_class = ImageSerializer

    def get_queryset(self) -> Any:
        shown = Variant.objects.filter(role="variant").order_by("image_id", "width", "-format")
        images = Image.objects.filter(owner=self.request.user)
        return images.select_related("owner").prefetch_related(models.Prefetch("variants", queryset=shown))


urlpatterns = [path("api/v1/images", Images.as_view())]

if __name__ == "__main__":
    serve(get_wsgi_application())
