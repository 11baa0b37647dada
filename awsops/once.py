"""Make a thing once, however many threads ask for it at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Values by key. The first thread to ask makes one; those that ask meanwhile wait for it.

    A failure is shared with those who waited, so that 64 targets behind one broken source fail
    together and not one after the other; it is not kept, whoever asks later tries again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[Hashable, T] = {}
        self._flying: dict[Hashable, Future[T]] = {}

    def get(
        self, key: Hashable, make: Callable[[], T], keep: Callable[[T], bool] = lambda _: True
    ) -> T:
        """The value of `key`; one that `keep` refuses now is made anew."""
        with self._lock:
            if key in self._made and keep(self._made[key]):
                return self._made[key]
            flight = self._flying.get(key)
            mine = flight is None
            if flight is None:
                flight = self._flying[key] = Future()
        return self._lead(key, make, flight) if mine else flight.result()

    def _lead(self, key: Hashable, make: Callable[[], T], flight: Future[Any]) -> T:
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                del self._flying[key]
            flight.set_exception(error)
            raise
        with self._lock:
            self._made[key] = value
            del self._flying[key]
        flight.set_result(value)
        return value

    def __iter__(self) -> Iterator[T]:
        with self._lock:
            return iter(list(self._made.values()))
