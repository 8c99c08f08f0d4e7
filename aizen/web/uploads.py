"""How a file arrives: counted, hashed and refused at its limit while the multipart body is parsed, in a file without a name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO, Any

from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from aizen.errors import FieldError, Invalid, Malformed, TooLarge, UnsupportedMedia, pointer_to
from aizen.storage.disk import disk_failure, passing_file, path_of

# What the fields and the boundaries around the file may add to its size.
FORM_ROOM = 256 * 1024
# The file, the fields, and a field that is sent once for each of its values.
FORM_PARTS = 100


@dataclass(frozen=True)
class Upload:
    """A file that has arrived whole. ``path`` opens it from any process of this machine while ``stream`` is open."""

    file_name: str
    stream: IO[bytes]
    path: str
    bytes: int
    sha256: str


class CountedFile:
    """A temporary file that knows its size and digest, and refuses the first byte over its limit.

    On Linux it has no name, so nothing is left of it however this process ends.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._digest = hashlib.sha256()
        self.bytes = 0
        self.stream: IO[bytes] = passing_file()

    def write(self, data: bytes) -> int:
        self.bytes += len(data)
        if self.bytes > self._limit:
            self.close()
            raise TooLarge(f"The file is larger than {self._limit} bytes.", code="file_too_large", limit=self._limit)
        self._digest.update(data)
        try:
            return self.stream.write(data)
        except OSError as error:
            self.close()
            raise disk_failure(error) from error

    def seek(self, place: int) -> int:
        try:
            return self.stream.seek(place)
        except OSError as error:  # what was buffered is written only now
            raise disk_failure(error) from error

    def close(self) -> None:
        self.stream.close()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    @property
    def path(self) -> str:
        return path_of(self.stream)

    def as_upload(self, file_name: str) -> Upload:
        """The file as it has arrived, while it is open."""
        return Upload(file_name, self.stream, self.path, self.bytes, self.sha256)


class UploadRequest(Request):
    """Flask's request, whose files are counted and whose multipart errors are told instead of swallowed."""

    largest_file: int | None = None

    def _get_file_stream(
        self, total_content_length: int | None, content_type: str | None, filename: str | None = None, content_length: int | None = None
    ) -> IO[bytes]:
        file = CountedFile(self.largest_file or 0)
        self.__dict__.setdefault("counted_files", []).append(file)
        return file  # type: ignore[return-value]

    def make_form_data_parser(self) -> FormDataParser:
        parser = super().make_form_data_parser()
        parser.silent = False
        return parser

    def close_files(self) -> None:
        """Nothing of what arrived is kept."""
        for file in self.__dict__.get("counted_files", ()):
            file.close()


@dataclass(frozen=True)
class Form:
    """The text fields of a multipart body as they came, and its one file; none where a field stands in its place."""

    fields: dict[str, list[str]]
    upload: Upload | None


def read_form(
    incoming: UploadRequest,
    *,
    file_field: str,
    largest_file: int,
    repeatable: Iterable[str] = (),
    instead: str | None = None,
    also_taken: Sequence[str] = (),
) -> Form:
    """The whole multipart body, read once. Raises Malformed, UnsupportedMedia, TooLarge or Invalid, each with its own code.

    ``instead`` is a text field that may stand in the file's place; ``also_taken`` are types of bodies that the caller takes elsewhere.
    """
    if incoming.mimetype != "multipart/form-data":
        raise UnsupportedMedia(
            "The body must be multipart/form-data.", code="multipart_expected", allowed=["multipart/form-data", *also_taken]
        )
    if not incoming.mimetype_params.get("boundary"):
        raise Malformed("The Content-Type names no boundary.", code="no_boundary")
    incoming.largest_file = largest_file
    incoming.max_content_length = largest_file + FORM_ROOM
    incoming.max_form_parts = FORM_PARTS
    try:
        form, files = incoming.form, incoming.files
    except ClientDisconnected:
        raise
    except RequestEntityTooLarge:
        raise _too_large(incoming, largest_file) from None
    except ValueError:
        raise Malformed("The multipart body breaks off or is not well-formed.", code="malformed_multipart") from None
    # An input of a page's form that nobody has filled in is sent all the same.
    fields = {name: values for name, values in form.lists() if name != file_field and (name != instead or any(values))}
    _refuse_repeats(fields, set(repeatable))
    _refuse_lost_characters(fields)
    return Form(fields, _one_file(files, form, file_field, instead=instead, is_given=instead in fields))


def _too_large(incoming: UploadRequest, largest_file: int) -> TooLarge:
    if (incoming.content_length or 0) > largest_file or incoming.content_length is None:
        return TooLarge(f"The file is larger than {largest_file} bytes.", code="file_too_large", limit=largest_file)
    return TooLarge("The fields beside the file are too many or too long.", code="fields_too_large", limit=FORM_ROOM)


def _refuse_repeats(fields: dict[str, list[str]], repeatable: set[str]) -> None:
    repeated = [name for name, values in fields.items() if len(values) > 1 and name not in repeatable]
    if repeated:
        raise Invalid(errors=[FieldError(pointer_to(name), "repeated", "Must be sent once.") for name in repeated])


def _refuse_lost_characters(fields: dict[str, list[str]]) -> None:
    # werkzeug puts U+FFFD where bytes are no UTF-8. Whoever sends that character itself is refused too: it stands for a loss all the same.
    lost = [name for name, values in fields.items() if any("\ufffd" in value for value in values)]
    if lost:
        raise Invalid(errors=[FieldError(pointer_to(name), "not_utf8", "Must be text in UTF-8.") for name in lost])


def _one_file(files: Any, form: Any, file_field: str, *, instead: str | None, is_given: bool) -> Upload | None:
    """The file, or None where the field ``instead`` is given, which may stand in its place."""
    errors = [FieldError(pointer_to(name), "unknown_field", "Unknown field.", [file_field]) for name in files if name != file_field]
    found = [file for file in files.getlist(file_field) if not is_given or file.filename or file.stream.bytes]
    if file_field in form:
        errors.append(FieldError(f"/{file_field}", "file_expected", "Must be a file, not text."))
    elif len(found) > 1:
        errors.append(FieldError(f"/{file_field}", "one_file_only", "Must be one file."))
    elif found and is_given:
        says = f"Must be {file_field} or {instead}, not both."
        errors += [FieldError(f"/{name}", "not_together", says) for name in (file_field, instead)]
    elif not found and not is_given:
        says = "Missing data for required field." if instead is None else f"Must have {file_field}, or {instead} in its place."
        errors += [FieldError(f"/{name}", "required", says) for name in (file_field, instead) if name is not None]
    if errors:
        raise Invalid(errors=errors)
    return None if is_given else _arrived(found[0])


def _arrived(file: Any) -> Upload:
    counted: CountedFile = file.stream
    return counted.as_upload(file.filename or "")


def close_files(incoming: Request) -> None:
    """For the end of a request: the temporary files of its body are gone."""
    if isinstance(incoming, UploadRequest):
        incoming.close_files()
