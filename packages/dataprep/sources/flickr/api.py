"""Client of Flickr's API; the only module that imports flickrapi."""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import flickrapi

from dataprep.errors import DataprepError
from dataprep.photos.folder import utc_now
from dataprep.sources.connections import RefusedAddress
from dataprep.sources.flickr.credentials import KEY, SECRET, WHERE_TO_GET_ONE, Credentials
from dataprep.sources.flickr.hosts import HostRules
from dataprep.sources.flickr.limits import (
    TRIES,
    Breaker,
    Patience,
    TokenBucket,
    api_bucket,
    backoff_s,
    retry_after_s,
)
from dataprep.sources.flickr.listing import EXTRAS, Page, clean_text, parse_page
from dataprep.sources.flickr.transport import (
    UNREACHED,
    NetworkFailure,
    Timeouts,
    TooLarge,
    Transport,
)

T = TypeVar("T")

API_URL = "https://api.flickr.com/services/rest/"
PER_PAGE = 500  # the most that flickr.photos.search allows
_MAX_BYTES = 32_000_000  # of an answer; a page of 500 photos has about 1 MB
_PASSING_CODES = (0, 10, 105)  # Flickr's codes of temporary failures
_KEY_CODES = (100,)
_SIGNATURE_CODES = (95, 96, 97, 98, 99)
_NOT_FOUND, _NOT_ALLOWED = 1, 2


class CallFailed(Exception):
    """A call failed ``TRIES`` times; other calls may succeed."""

    def __init__(self, reason: str, *, reached: bool) -> None:
        super().__init__(reason)
        self.reached = reached


class PhotoGone(Exception):
    """The photo is no longer available; the message says why."""


class _Passing(Exception):
    """A temporary failure, to be retried."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.wait_s = reason, wait_s


class FlickrClient:
    """Calls Flickr's API with pacing, retries, and limits on time and size.

    Args:
        credentials: with a secret, calls are signed (OAuth 1); without one, the key is sent along.
        api_url: the full REST address.
        bucket: the pace that all threads share.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        api_url: str = API_URL,
        bucket: TokenBucket | None = None,
        timeouts: Timeouts | None = None,
        patience: Patience | None = None,
    ) -> None:
        try:
            rules = HostRules.for_api(api_url)
        except RefusedAddress as error:
            raise DataprepError(f"--api-url: {error}; give the full REST address") from None
        self.api_url = api_url
        self.calls = 0
        self._credentials = credentials
        self._bucket = bucket or api_bucket()
        self._breaker = Breaker(suspect_after=TRIES, probes=2 * TRIES)
        self._first_wait_s = (patience or Patience()).first_wait_s
        self._rng = random.Random()
        self._closed = threading.Event()
        timeouts = timeouts or Timeouts()
        self._transport = Transport(rules, connections=8, max_bytes=_MAX_BYTES, timeouts=timeouts)
        self._flickr = flickrapi.FlickrAPI(
            credentials.key,
            credentials.secret,
            format="parsed-json",
            store_token=False,
            cache=False,
            timeout=timeouts.read_s,
        )
        self._flickr.REST_URL = api_url
        # flickrapi's own session is shared by the whole process, unbounded, and hides headers.
        self._flickr.flickr_oauth.session = _Session(self._transport, credentials)

    def search(
        self, tag: str, *, licenses: tuple[str, ...], start: int, stop: int | None, page: int
    ) -> Page:
        """Return a page of a tag's photos with upload dates from ``start`` to ``stop`` (both in).

        Raises:
            CallFailed: after five tries.
            DataprepError: where another try is pointless: the key, the address.
        """
        arguments: dict[str, Any] = {
            "tags": tag,
            "license": ",".join(licenses),
            "content_type": 1,
            "media": "photos",
            "safe_search": 1,
            "sort": "date-posted-asc",
            "extras": EXTRAS,
            "per_page": PER_PAGE,
            "page": page,
        }
        if start > 0:
            arguments["min_upload_date"] = start
        if stop is not None:
            arguments["max_upload_date"] = stop
        return self._call(
            lambda: parse_page(self._flickr.photos.search(**arguments), PER_PAGE, utc_now()),
            f"tag {tag!r}",
        )

    def license_of(self, photo_id: str) -> str:
        """Return the id of a photo's current licence.

        Raises:
            PhotoGone: it vanished or turned private.
            CallFailed, DataprepError: as ``search``.
        """
        return self._call(
            lambda: _license(self._flickr.photos.getInfo(photo_id=photo_id)), f"photo {photo_id}"
        )

    def close(self) -> None:
        """Close the connections and end waits for retries."""
        self._closed.set()
        self._transport.close()

    def _call(self, ask: Callable[[], T], what: str) -> T:
        for tries in range(1, TRIES + 1):
            self._bucket.take()
            try:
                self.calls += 1
                answer = self._once(ask, what)
            except _Passing as failure:
                self._breaker.failed()
                if self._breaker.open:
                    raise DataprepError(
                        f"Flickr's API failed {self._breaker.failures} times in a row, last: "
                        f"{failure.reason}; what was fetched is kept, rerun later to resume"
                    ) from None
                if tries == TRIES:
                    raise CallFailed(
                        f"{what}: {failure.reason} after {TRIES} tries",
                        reached=failure.reason not in UNREACHED,
                    ) from None
                wait_s = backoff_s(tries, self._rng, first_s=self._first_wait_s)
                if self._closed.wait(max(failure.wait_s or 0.0, wait_s)):
                    raise CallFailed("stopped", reached=False) from None
            else:
                self._breaker.succeeded()
                return answer
        raise AssertionError("unreachable")

    def _once(self, ask: Callable[[], T], what: str) -> T:
        try:
            return ask()
        except flickrapi.FlickrError as error:
            raise self._refusal(error, what) from None
        except NetworkFailure as error:
            raise _Passing(str(error)) from None
        except (TooLarge, RefusedAddress) as error:
            raise DataprepError(f"{self.api_url}: {error}") from None
        except _BadKey:
            raise self._bad_key() from None
        # Truncated JSON, HTML, or JSON of another shape, wherever flickrapi fails on it.
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise _Passing("an answer that isn't the API's JSON") from None

    def _refusal(self, error: Exception, what: str) -> Exception:
        code = _code(error)
        message = self._credentials.scrub(clean_text(error))
        if code in (None, *_PASSING_CODES) or (code == 201 and "not currently" in message):
            return _Passing(message)
        if code in _KEY_CODES:
            return self._bad_key()
        if code in _SIGNATURE_CODES:
            return DataprepError(
                f"Flickr refused the signature ({message}): {SECRET} doesn't belong to {KEY}; "
                f"see {WHERE_TO_GET_ONE}"
            )
        if what.startswith("photo ") and code in (_NOT_FOUND, _NOT_ALLOWED):
            return PhotoGone("vanished" if code == _NOT_FOUND else "private")
        return DataprepError(f"{what}: Flickr says {message}")

    def _bad_key(self) -> DataprepError:
        return DataprepError(
            f"Flickr refused the key: {KEY} isn't valid; get one at {WHERE_TO_GET_ONE}"
        )


class _BadKey(Exception):
    """HTTP 401: the key was refused under OAuth."""


@dataclass(frozen=True)
class _Answer:
    """The attributes of requests.Response that flickrapi uses."""

    content: bytes
    status_code: int = 200


class _Session:
    """Replacement for flickrapi's requests.Session."""

    def __init__(self, transport: Transport, credentials: Credentials) -> None:
        self._transport, self._credentials = transport, credentials

    def post(self, url: str, *, data: Mapping[str, Any], auth: Any, **_: Any) -> _Answer:
        if not self._credentials.secret:  # an unsigned call: the key goes along instead
            data, auth = {**data, "api_key": self._credentials.key}, _unsigned
        reply = self._transport.send("POST", url, data=data, auth=auth)
        if reply.status == 200:
            return _Answer(reply.body)
        if reply.status == 401:
            raise _BadKey
        if reply.status in (408, 425, 429) or reply.status >= 500 or reply.status < 400:
            wait_s = retry_after_s(reply.headers.get("retry-after"))
            raise _Passing(f"HTTP {reply.status}", wait_s)
        raise DataprepError(f"{url}: HTTP {reply.status}; is --api-url the full REST address?")


def _unsigned(request: Any) -> Any:
    return request


def _code(error: Exception) -> int | None:
    try:
        return int(getattr(error, "code", ""))
    except (TypeError, ValueError):
        return None


def _license(reply: Any) -> str:
    photo = reply["photo"]
    visibility = photo.get("visibility", {})
    if str(visibility.get("ispublic", 1)) == "0":
        raise PhotoGone("private")
    return clean_text(photo["license"], 8)
