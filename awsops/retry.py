"""When to try again what AWS took only in part, with the waiting handed in.

botocore already repeats a call that was throttled or that failed on the way: a call is never
wrapped in a policy of this module, or attempts would multiply (4 x 5) and the quota that botocore
keeps against retry storms would be spent twice. What is for here is what botocore calls a success:
the entries of a batch that failed inside an answer with status 200.

tenacity takes 40 ms to import, so it is imported when something is left over, and not before.
"""

from __future__ import annotations

from collections.abc import Callable

ATTEMPTS = 4
FIRST_WAIT = 0.1  # seconds before the first attempt
LONGEST_WAIT = 5.0  # seconds between two attempts


def retry_remainder(
    attempt: Callable[[], bool],
    *,
    sleep: Callable[[float], None],
    stopping: Callable[[], bool],
    attempts: int = ATTEMPTS,
) -> bool:
    """Call `attempt` for what is left over, until it says False: nothing is left to try again.

    It is called 1 to `attempts` times. `sleep` (seconds) waits FIRST_WAIT before the first, then a
    random time below 0.2, 0.4, 0.8 ... and LONGEST_WAIT seconds, so that callers who were turned
    away together do not come back together. Once `stopping` says True it is not called again.

    Returns whether all was settled. What `attempt` raises is raised at once.
    """
    from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_random_exponential

    def unless_stopping() -> bool:
        return stopping() or attempt()

    sleep(FIRST_WAIT)
    left = Retrying(
        sleep=sleep,
        wait=wait_random_exponential(multiplier=2 * FIRST_WAIT, max=LONGEST_WAIT),
        stop=stop_after_attempt(attempts),
        retry=retry_if_result(lambda left: left and not stopping()),
        retry_error_callback=lambda state: True,
    )(unless_stopping)
    return not left
