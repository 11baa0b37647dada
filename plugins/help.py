"""Read the manual in the terminal, or install it as man pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from awsops.api import (
    Annotated,
    Argument,
    AwsopsError,
    Choice,
    Document,
    Host,
    Note,
    NotFoundError,
    Option,
    UsageError,
    command,
)
from awsops.suggesting import did_you_mean

_MAN_COLUMNS = 72  # man puts seven before each line

_ABOUT = {
    "architecture": "How awsops is built, and which way its parts may import each other.",
    "benchmarks": "How fast it is beside what people use instead, and how to measure that.",
    "comparison": "What other tools do for the same work, each with its source.",
    "configuration": "What may stand in config.toml, and which source of a value wins.",
    "exit-codes": "What each exit code means.",
    "library": "Run commands from Python and get their rows.",
    "output": "Formats, tables, colours, pipes and pagers.",
    "security": "What keeps accounts and credentials safe.",
}


@dataclass(frozen=True, slots=True)
class Topic:
    """Something to read about: a noun, or a page of the manual."""

    topic: str
    kind: str
    about: str


@dataclass(frozen=True, slots=True)
class ManPage:
    """A man page that was written."""

    name: str
    path: Path


def complete_topics(host: Host) -> Iterator[Choice]:
    """Every noun and every page."""
    for topic in _topics(host):
        yield Choice(topic.topic, topic.about)


def complete_verbs(host: Host, topic: str) -> Iterator[Choice]:
    """The verbs of the noun, with what each does."""
    for verb, spec in host.sources.commands(topic).items():
        yield Choice(verb, spec.help.partition("\n")[0])


@command()
def help(
    host: Host,
    topic: Annotated[
        str | None,
        Argument(help="A noun or a page; without it they are listed.", complete=complete_topics),
    ] = None,
    verb: Annotated[
        str | None, Argument(help="A verb of the noun.", complete=complete_verbs)
    ] = None,
    man: Annotated[bool, Option(help="Print the source of its man page.")] = False,
    install: Annotated[bool, Option(help="Write every man page to ~/.local/share/man.")] = False,
) -> Iterator[Topic | ManPage | Document | Note]:
    """Show a page of the manual, the help of a noun or verb, or what there is to read."""
    if install:
        yield from _install(host)
    elif topic is None:
        yield from _topics(host)
        yield Note("awsops help TOPIC shows one; awsops NOUN VERB --help says what a command takes")
    elif man:
        yield Document(_man_page(host, topic))
    else:
        yield Document(_read(host, topic, verb))


def _topics(host: Host) -> Iterator[Topic]:
    from awsops.manual import pages

    nouns = {found.noun: found.help for found in host.sources.all()}
    for noun, about in nouns.items():
        yield Topic(noun, "noun", about)
    for page in pages():
        if page.name not in nouns and page.name.removesuffix("s") not in nouns:
            yield Topic(page.name, "page", _ABOUT.get(page.name, page.title))


def _read(host: Host, topic: str, verb: str | None) -> str:
    from awsops.manual import find_page
    from awsops.manual.reference import noun_help, verb_help
    from awsops.manual.showing import show_markdown

    env = host.env
    width = min(env.width(), 100)
    found = host.sources.find(topic)
    if verb is not None:
        return verb_help(topic, host.sources.spec(topic, verb), width)
    page = find_page(topic)
    if page is not None:
        return show_markdown(page.text(), env, host.options.color or "auto")
    if found is None:
        raise _unknown(host, topic)
    if found.load is None:
        raise UsageError(f"{topic} is a program of its own", hint=f"awsops {topic} --help")
    return noun_help(topic, found.help, host.sources.load(found), width)


def _unknown(host: Host, topic: str) -> NotFoundError:
    names = [known.topic for known in _topics(host)]
    meant = did_you_mean(topic, names)
    return NotFoundError(
        f"there is no page and no noun {topic!r}", hint=meant or "awsops help lists what there is"
    )


def _man_page(host: Host, noun: str) -> str:
    from awsops import __version__
    from awsops.manual import find_page
    from awsops.manual.reference import noun_help, verbs_help
    from awsops.manual.roff import man_page

    found = host.sources.find(noun)
    if found is None or found.load is None:
        return _topic_page(host, noun)
    specs = host.sources.load(found)
    page = find_page(noun)
    verbs = verbs_help(noun, specs, _MAN_COLUMNS) if list(specs) != [noun] else ()
    return man_page(
        f"awsops-{noun}",
        found.help,
        __version__,
        noun_help(noun, found.help, specs, _MAN_COLUMNS),
        verbs,
        page.text() if page is not None else "",
    )


def _topic_page(host: Host, topic: str) -> str:
    """The man page of a page that is no noun's: section 7, as manuals of concepts are."""
    from awsops import __version__
    from awsops.manual import find_page
    from awsops.manual.roff import man_page

    page = find_page(topic)
    if page is None:
        raise _unknown(host, topic)
    about = _ABOUT.get(page.name, page.title)
    return man_page(f"awsops-{page.name}", about, __version__, "", (), page.text(), 7)


def _overview_page(host: Host) -> str:
    from awsops import __version__
    from awsops.command_line.overview import overview_of
    from awsops.manual.roff import man_page

    own = {found.noun for found in host.sources.all() if found.load}
    guide: list[str] = []
    for title, kind, section in (("Nouns", "noun", 1), ("Pages", "page", 7)):
        guide.append(f"## {title}")
        guide += [
            f"| `awsops-{topic.topic}({section})` | {topic.about} |"
            for topic in _topics(host)
            if topic.kind == kind and (kind == "page" or topic.topic in own)
        ]
    text = overview_of(host.sources, _MAN_COLUMNS)
    return man_page(
        "awsops", "operations on AWS for engineers on call", __version__, text, (), "\n".join(guide)
    )


def _install(host: Host) -> Iterator[ManPage | Note]:
    environ = host.env.environ
    home = Path(environ.get("HOME") or Path.home())
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    folder = data / "man"
    texts = {"man1/awsops.1": _overview_page(host)}
    for found in host.sources.all():
        if found.load is not None:
            texts[f"man1/awsops-{found.noun}.1"] = _man_page(host, found.noun)
    for topic in _topics(host):
        if topic.kind == "page":
            texts[f"man7/awsops-{topic.topic}.7"] = _topic_page(host, topic.topic)
    try:
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            yield ManPage(path.stem, path)
    except OSError as error:
        raise AwsopsError(f"{folder} cannot be written: {error.strerror}") from None
    yield Note(f"man awsops; where man does not find it: export MANPATH={folder}:")
