"""Recordings in a bucket of an S3-compatible store."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error
from minio.helpers import check_bucket_name
from pydantic import SecretStr
from urllib3.exceptions import HTTPError

from orchestrator.errors import Gone, Misconfigured, StoreUnavailable
from orchestrator.recordings.byte_chunks import ByteChunks, ByteRange
from orchestrator.web.egress import DIRECT, Egress

_TYPES: Final = {".mp3": "audio/mpeg", ".wav": "audio/wav"}
_UNREACHABLE: Final = (MinioException, HTTPError, OSError)
_MISSING: Final = ("NoSuchKey", "NoSuchBucket", "InvalidRange")
_PARTIAL_CONTENT: Final = 206
_PROBE: Final = b"put here to see whether that works, and removed at once\n"


class BucketUnavailable(StoreUnavailable):
    """Raised when an operation on the bucket fails; `code` is the error code of the store, if any."""

    def __init__(self, why: str, *, code: str | None = None) -> None:
        super().__init__(f"the bucket of recordings ({why})")
        self.why, self.code = why, code


@dataclass(frozen=True)
class BucketTimeouts:
    """Timeouts of a bucket: connecting, and silence while reading, in seconds."""

    connect_s: float = 5
    silence_s: float = 15


DEFAULT_TIMEOUTS: Final = BucketTimeouts()


class Bucket:
    """A bucket, or a folder of one: `name` is `bucket` or `bucket/folder`. Connects at first use.

    Where StoreUnavailable is raised it is a BucketUnavailable.
    """

    def __init__(
        self,
        name: str,
        *,
        url: str,
        region: str,
        key_id: str,
        secret: SecretStr,
        timeouts: BucketTimeouts = DEFAULT_TIMEOUTS,
        egress: Egress = DIRECT,
    ) -> None:
        self._bucket, _, self._folder = name.strip("/").partition("/")
        try:
            check_bucket_name(self._bucket)
        except ValueError as err:
            raise Misconfigured(f"ORCHESTRATOR_RECORDINGS_BUCKET is no bucket, nor bucket/folder: {err}") from err
        self._client = _client(url, timeouts, egress, region=region, key_id=key_id, secret=secret)

    def put(self, draft: Path, name: str) -> None:
        """Upload a draft under its name, whole or not at all; raises StoreUnavailable."""
        kind = _TYPES.get(Path(name).suffix, "application/octet-stream")
        try:
            self._client.fput_object(
                bucket_name=self._bucket, object_name=self._key(name), file_path=str(draft), content_type=kind
            )
        except _UNREACHABLE as err:
            raise _unavailable(err) from err

    def read(self, name: str, part: ByteRange | None = None) -> ByteChunks:
        """Return the chunks of an object, or of a byte range of it; at most one chunk is in memory.

        Raises StoreUnavailable, and Gone when there is no object, or none that has such a part.
        """
        start, length = (part.start, part.length) if part else (0, 0)  # which asks for the whole
        try:
            response = self._client.get_object(self._bucket, self._key(name), offset=start, length=length)
        except S3Error as err:
            if err.code in _MISSING:
                raise Gone("file_missing", "The file of this recording is no longer in its bucket.") from err
            raise _unavailable(err) from err
        except _UNREACHABLE as err:
            raise _unavailable(err) from err
        if part and response.status != _PARTIAL_CONTENT:
            response.close()
            raise BucketUnavailable("it serves no parts")
        return ByteChunks(response)

    def remove(self, name: str) -> None:
        """Remove an object; safe to repeat. Raises StoreUnavailable."""
        try:
            self._client.remove_object(bucket_name=self._bucket, object_name=self._key(name))
        except _UNREACHABLE as err:
            raise _unavailable(err) from err

    def try_out(self, name: str) -> bool:
        """Put a small object, read it and remove it; say whether it was the same. Raises BucketUnavailable."""
        try:
            self._client.put_object(self._bucket, self._key(name), BytesIO(_PROBE), len(_PROBE))
            try:
                with closing(self._client.get_object(self._bucket, self._key(name))) as response:
                    return response.read(len(_PROBE) + 1) == _PROBE
            finally:
                self._client.remove_object(self._bucket, self._key(name))
        except _UNREACHABLE as err:
            raise _unavailable(err) from err

    def _key(self, name: str) -> str:
        return f"{self._folder}/{name}" if self._folder else name


def _pools(url: str, timeouts: BucketTimeouts, egress: Egress) -> urllib3.PoolManager:
    tls = egress.new_tls()
    tls.load_default_certs()  # a private store may have a certificate of the machine's authorities
    timeout = urllib3.Timeout(connect=timeouts.connect_s, read=timeouts.silence_s)
    if proxy := egress.proxy_for(url):
        return urllib3.ProxyManager(
            proxy.address, proxy_headers=proxy.headers, ssl_context=tls, timeout=timeout, retries=False
        )
    return urllib3.PoolManager(ssl_context=tls, timeout=timeout, retries=False)


def _client(
    url: str, timeouts: BucketTimeouts, egress: Egress, *, region: str, key_id: str, secret: SecretStr
) -> Minio:
    parts = urlsplit(url)
    wrong = "ORCHESTRATOR_BUCKET_URL is not the address of an S3 store, such as https://s3.amazonaws.com"
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise Misconfigured(wrong)
    try:
        return Minio(
            endpoint=parts.netloc,
            access_key=key_id,
            secret_key=secret.get_secret_value(),
            secure=parts.scheme == "https",
            region=region,
            http_client=_pools(url, timeouts, egress),
        )
    except ValueError as err:
        raise Misconfigured(f"{wrong}: {err}") from err


def _unavailable(err: Exception) -> BucketUnavailable:
    code = err.code if isinstance(err, S3Error) else None
    return BucketUnavailable(code or type(err).__name__, code=code)
