"""Photos of a tag in an order that is independent of page order and faults."""

import time
from collections.abc import Iterator

from dataprep.errors import DataprepError
from dataprep.sources.flickr.api import PER_PAGE, CallFailed, FlickrClient
from dataprep.sources.flickr.journal import Journal, KnownPage
from dataprep.sources.flickr.listing import FoundPhoto
from dataprep.sources.flickr.windows import (
    BEGIN,
    END,
    WANTED_PER_WINDOW,
    Coverage,
    Density,
    Window,
    next_window,
    slices,
)

FIRST_OF_A_SLICE = 100
_MOST_PAGES = 8  # of 500: Flickr's 4,000
_MOST_READINGS = 6  # of a window, until one shows nothing new
_MOST_HALVINGS = 3  # of a window that is too much for one answer


class TagStream:
    """Lists the photos of one tag in a fixed order, one call at a time.

    The order: the first hundred of every slice of upload dates (``windows.slices``), by date and
    id, then the rest of every slice. A window counts as known only if one answer listed all of it,
    so neither the order of Flickr's pages nor a wrong total changes the result.
    """

    def __init__(
        self, tag: str, licenses: tuple[str, ...], journal: Journal, client: FlickrClient
    ) -> None:
        self.tag, self.found = tag, 0
        self._licenses, self._journal, self._client = licenses, journal, client
        self.query = journal.query(f"{client.api_url} tag={tag} licenses={','.join(licenses)}")
        self._coverage = Coverage()
        self._dense: set[int] = set()
        for window, total in journal.windows(self.query, whole=True):
            self._cover(window, total)
        self._crowded = journal.windows(self.query, whole=False)
        self._stretch = 1.0
        self._halvings = 0
        self._steps = self._walk()

    def more(self, wanted: int) -> tuple[list[FoundPhoto], bool]:
        """Return up to ``wanted`` more photos from at most one window, and whether it is the end.

        Raises:
            DataprepError: the API failed repeatedly.
        """
        photos: list[FoundPhoto] = []
        while len(photos) < wanted:
            step = next(self._steps, None)
            if step is None:
                self.found += len(photos)
                return photos, True
            if isinstance(step, Window):
                self._ask(step)
                if photos:
                    break
            else:
                photos.append(FoundPhoto.from_json(step))
        self.found += len(photos)
        return photos, False

    def _walk(self) -> Iterator[str | Window]:
        """Yield rows in order, and the windows that must be listed first."""
        for first in (True, False):
            for part in slices():
                yield from self._walk_slice(part, first=first)

    def _walk_slice(self, part: Window, *, first: bool) -> Iterator[str | Window]:
        given = 0
        while True:
            known = Window(part.start, min(part.stop, self._coverage.reach(part.start)))
            while not first or given < FIRST_OF_A_SLICE:
                most = FIRST_OF_A_SLICE - given if first else FIRST_OF_A_SLICE
                skip = given if first else FIRST_OF_A_SLICE + given
                rows = self._journal.found(self.query, known, skip=skip, most=most)
                if not rows:
                    break
                given += len(rows)
                yield from rows
            if known.stop >= part.stop or (first and given >= FIRST_OF_A_SLICE):
                return
            yield self._window_at(known.stop, part)

    def _window_at(self, at: int, part: Window) -> Window:
        gap = self._coverage.gap(at)
        around = [(w, total) for w, total in self._crowded if w.start <= at < w.stop]
        crowded, total = min(around, key=lambda pair: pair[0].width, default=(None, 0))
        crowd = None
        if crowded is not None and crowded.width > 1:
            window = Window(at, gap.stop)
            crowd = self._journal.date_of_nth(self.query, window, WANTED_PER_WINDOW - 1)
        window = next_window(
            at,
            gap,
            Density(crowded, total, self._stretch, self._tail_crowded()),
            crowd=crowd,
            now=int(time.time()),
            slice_width=min(part.width, END // 2**11),
        )
        for _ in range(self._halvings):
            window = Window(at, at + max(1, (window.stop - at) // 2))
        return window

    def _tail_crowded(self) -> bool:
        return any(window.stop == END and window.start > BEGIN for window, _ in self._crowded)

    def _ask(self, window: Window) -> None:
        try:
            whole, total, seen = self._read(window)
        except CallFailed as failure:
            # A heavy window may be too much for Flickr where half of it isn't.
            if not failure.reached or self._halvings >= _MOST_HALVINGS or window.width <= 1:
                raise DataprepError(
                    f"{failure}; what was fetched is kept, rerun later to resume"
                ) from None
            self._halvings += 1
            if not self._crowded:
                self._crowded.append((window, 0))
            return
        self._halvings = 0
        self._journal.add_window(self.query, window, whole=whole, total=total)
        if whole:
            self._cover(window, seen)
            if seen < WANTED_PER_WINDOW // 3:
                self._stretch = min(1e9, self._stretch * 4)
            elif seen > WANTED_PER_WINDOW:
                self._stretch = max(1.0, self._stretch / 2)
        else:
            self._crowded.append((window, total))
            self._stretch = max(1.0, self._stretch / 4)

    def _cover(self, window: Window, total: int) -> None:
        self._coverage.add(window)
        if window.width == 1 and total > PER_PAGE:
            self._dense.add(window.start)

    def _read(self, window: Window) -> tuple[bool, int, int]:
        """Return whether a window is fully known, its total, and the number of photos listed."""
        page = self._page(window, 1)
        seen = set(page.ids)
        if page.rows > len(page.ids):  # a row came twice: another may be missing
            for reading in range(1, _MOST_READINGS):
                again = set(self._page(window, 1, reading).ids)
                if again <= seen:
                    break
                seen |= again
        last = len(seen) < page.per_page and page.rows < page.per_page
        if page.total == len(seen) or (last and (page.total or 0) <= len(seen)):
            return True, len(seen), len(seen)
        # The total may be too high: only a second page shows it.
        if last and set(self._page(window, 2).ids) <= seen:
            return True, len(seen), len(seen)
        if window.width > 1:
            return False, max(page.total or 0, len(seen) + 1), len(seen)
        seen |= self._read_all_pages(window)
        return True, len(seen), len(seen)

    def _read_all_pages(self, window: Window) -> set[str]:
        """Read the pages of a single second repeatedly until nothing new is listed."""
        seen: set[str] = set()
        for reading in range(_MOST_READINGS):
            before = len(seen)
            for number in range(1, _MOST_PAGES + 1):
                page = self._page(window, number, reading)
                new = set(page.ids) - seen
                seen |= new
                if page.rows < page.per_page or (number > 1 and reading == 0 and not new):
                    break
            if len(seen) == before:
                break
        return seen

    def _page(self, window: Window, number: int, reading: int = 0) -> KnownPage:
        known = self._journal.page(self.query, window, number, reading)
        if known is not None:
            return known
        # A second more on both sides, in case the limits aren't counted in as they should be;
        # not a second that alone fills more than a page.
        first, last = max(BEGIN, window.start - 1), window.stop
        answer = self._client.search(
            self.tag,
            licenses=self._licenses,
            start=first + (first in self._dense),
            stop=None if last >= END else last - (last in self._dense),
            page=number,
        )
        self._journal.add_page(self.query, window, number, reading, answer)
        known = self._journal.page(self.query, window, number, reading)
        assert known is not None
        return known
