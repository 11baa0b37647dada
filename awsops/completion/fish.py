"""The fish script: one function that fish calls for candidates, each with its help line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from awsops.completion.grammar import HELP, VERSION, Flag, Grammar, Value


def render(grammar: Grammar) -> str:
    """The whole script."""
    common = [flag for flags in grammar.groups.values() for flag in flags]
    parts = [
        _HEADER,
        _function("__awsops_nouns", "every noun", _print((n.name, n.help) for n in grammar.nouns)),
        _switch("__awsops_verbs", "NOUN: its verbs", _verb_cases(grammar)),
        _switch("__awsops_group_flags", "GROUP: its common options", _group_cases(grammar)),
        _switch("__awsops_flags", "'NOUN VERB': its own options", _flag_cases(grammar)),
        _switch("__awsops_groups", "'NOUN VERB': its groups", _groups_cases(grammar)),
        _switch("__awsops_common_value", "FLAG: what it takes", _value_cases("", common)),
        _switch(
            "__awsops_own_value",
            "'NOUN VERB FLAG' or 'NOUN VERB @POSITION': what stands there",
            _own_value_cases(grammar),
        ),
        _switch("__awsops_columns", "'NOUN VERB': the columns of its rows", _column_cases(grammar)),
        _function("__awsops_help", "--help stands everywhere", _flags([HELP])),
        _function("__awsops_version", "--version stands alone", _flags([VERSION])),
        _ENGINE.replace("@GROUPS@", " ".join(grammar.groups)).replace(
            "@ALONE@", " ".join(quoted(noun.name) for noun in grammar.nouns if noun.alone) or "''"
        ),
    ]
    return "\n".join(parts)


def quoted(text: str) -> str:
    """A fish word: inside single quotes only the backslash and the quote mean something."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _function(name: str, about: str, lines: Iterable[str]) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f"# {about}\nfunction {name}\n{body}\nend\n"


def _switch(name: str, about: str, cases: Iterable[tuple[list[str], list[str]]]) -> str:
    lines = ["switch $argv[1]"]
    for patterns, actions in cases:
        lines.append("    case " + " ".join(patterns))
        lines += [f"        {action}" for action in actions]
    return _function(name, about, [*lines, "end"])


def _print(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """One printf for all: fish repeats the format."""
    found = list(pairs)
    if not found:
        return ["true"]
    words = [f"{quoted(name)} {quoted(text)}" for name, text in found]
    return ["printf '%s\\t%s\\n' \\", *(f"    {w} \\" for w in words[:-1]), f"    {words[-1]}"]


def _flags(flags: Iterable[Flag]) -> list[str]:
    return _print((name, flag.help) for flag in flags for name in flag.names)


def _verb_cases(grammar: Grammar) -> Iterator[tuple[list[str], list[str]]]:
    for noun in grammar.nouns:
        if noun.verbs:
            yield [quoted(noun.name)], _print((verb.name, verb.help) for verb in noun.verbs)
        else:
            yield [quoted(noun.name)], ["__fish_complete_path (commandline -ct)"]


def _group_cases(grammar: Grammar) -> Iterator[tuple[list[str], list[str]]]:
    for name, flags in grammar.groups.items():
        yield [quoted(name)], _flags(flags)


def _flag_cases(grammar: Grammar) -> Iterator[tuple[list[str], list[str]]]:
    for noun, verb in grammar.verbs():
        if verb.flags:
            yield [quoted(f"{noun.name} {verb.name}")], _flags(verb.flags)


def _groups_cases(grammar: Grammar) -> Iterator[tuple[list[str], list[str]]]:
    places: dict[str, list[str]] = {}
    for noun, verb in grammar.verbs():
        places.setdefault(" ".join(verb.groups), []).append(f"{noun.name} {verb.name}")
    for groups, names in places.items():
        yield [quoted(name) for name in names], [f"string split ' ' {quoted(groups)}"]


def _column_cases(grammar: Grammar) -> Iterator[tuple[list[str], list[str]]]:
    for noun, verb in grammar.verbs():
        if verb.columns:
            columns = " ".join(quoted(column) for column in verb.columns)
            yield [quoted(f"{noun.name} {verb.name}")], [f"printf '%s\\n' {columns}"]


def _own_value_cases(grammar: Grammar) -> Iterator[tuple[list[str], list[str]]]:
    for noun, verb in grammar.verbs():
        prefix = f"{noun.name} {verb.name} "
        yield from _value_cases(prefix, verb.flags)
        for number, positional in enumerate(verb.positionals, 1):
            if positional.value.kind != "text":
                place = "@*" if positional.many else f"@{number}"
                yield [quoted(prefix + place)], _action(positional.value)


def _value_cases(prefix: str, flags: Iterable[Flag]) -> Iterator[tuple[list[str], list[str]]]:
    actions: dict[tuple[str, ...], list[str]] = {}
    for flag in flags:
        if flag.value is not None:
            actions.setdefault(tuple(_action(flag.value)), []).extend(flag.names)
    for action, names in actions.items():
        yield [quoted(prefix + name) for name in names], list(action)


def _action(value: Value) -> list[str]:
    """The first line printed is the kind of value, choices follow."""
    words = [value.kind, *value.choices]
    return ["printf '%s\\n' " + " ".join(quoted(word) for word in words)]


_HEADER = """\
# fish completion for awsops. Made from the commands themselves (`make completions`); do not edit.
# Load it with: awsops completion show fish | source
"""

_ENGINE = r"""function __awsops_config_file
    set -l file $HOME/.aws/config
    set -q AWS_CONFIG_FILE; and test -n "$AWS_CONFIG_FILE"; and set file $AWS_CONFIG_FILE
    set file (string replace -r '^~/' $HOME/ -- $file)
    test -f "$file"; and test -r "$file"; and echo $file
end

function __awsops_credentials_file
    set -l file $HOME/.aws/credentials
    set -q AWS_SHARED_CREDENTIALS_FILE; and test -n "$AWS_SHARED_CREDENTIALS_FILE"
    and set file $AWS_SHARED_CREDENTIALS_FILE
    set file (string replace -r '^~/' $HOME/ -- $file)
    test -f "$file"; and test -r "$file"; and echo $file
end

function __awsops_profiles
    set -l file (__awsops_config_file)
    if test -n "$file"
        string replace -rf '^\[(?:profile\s+)["\']?([^\]]*?)["\']?\s*\].*' '$1' <$file
        string replace -rf '^\[(default)\].*' '$1' <$file
    end
    set file (__awsops_credentials_file)
    test -n "$file"; and string replace -rf '^\[([^\]]*)\].*' '$1' <$file
end

function __awsops_profile_groups
    set -l folder $HOME/.config/awsops
    set -q XDG_CONFIG_HOME[1]; and set folder $XDG_CONFIG_HOME/awsops
    set -q AWSOPS_CONFIG_DIR[1]; and set folder $AWSOPS_CONFIG_DIR
    set -l file $folder/config.toml
    set -q AWSOPS_CONFIG_FILE[1]; and set file $AWSOPS_CONFIG_FILE
    test -f "$file"; and test -r "$file"; or return
    set -l inside 0
    while read -l line
        if string match -qr '^\[' -- $line
            string match -q '[groups]*' -- $line; and set inside 1; or set inside 0
        else if test $inside = 1
            string replace -rf '^\s*"?([\w.-]+)"?\s*=.*' '@$1' -- $line
        end
    end <$file
end

function __awsops_regions
    set -l file (__awsops_config_file)
    test -n "$file"; and string replace -rf '^region\s*=\s*([a-z0-9-]+).*' '$1' <$file
end

function __awsops_roles
    set -l file (__awsops_config_file)
    test -n "$file"; or return
    string replace -rf '^role_arn\s*=\s*\S+:role/(\S+).*' '$1' <$file
    string replace -rf '^role_arn\s*=\s*(\S+:role/\S+).*' '$1' <$file
end

# CURRENT: as it will be without the quote that it begins with, or its backslashes
function __awsops_opened
    if string match -qr -- '^["\']' $argv[1]
        string sub -s 2 -- $argv[1]
    else
        string unescape -- $argv[1]; or echo -- $argv[1]
    end
end

# COMMAND CURRENT: columns, after a comma
function __awsops_list
    set -l head (string match -r -- '^.*,' (__awsops_opened $argv[2]))
    set -l given (string split , -- "$head")
    for column in (__awsops_columns $argv[1])
        contains -- $column $given; or echo "$head$column"
    end
end

# COMMAND CURRENT: columns in an expression, after what is no name
function __awsops_expression
    set -l head (string match -r -- '^.*\W' (__awsops_opened $argv[2]))
    test -n "$head"; or set head '[].'
    for column in (__awsops_columns $argv[1])
        echo "$head$column"
    end
end

# KIND CURRENT: names of resources, from awsops itself, which answers at once or not at all
function __awsops_names
    # Fish shows its functions nothing of what stands behind the cursor.
    set -l typed (commandline -opc)
    set -l program awsops
    string match -q -- '*/*' $typed[1]; and set program $typed[1]
    # Only what ends in : = or , narrows the question: the rest is matched as fish does.
    set -l stem (string match -r -- '^.*[:=,]' $argv[2])
    # Fish 3.6 looks for the letters of the word in help lines too: they must stand in the name.
    $program __names $argv[1] "=$stem" = $typed[2..-1] 2>/dev/null \
        | string match -rei -- '^[^\t]*'(string escape --style=regex -- "$argv[2]")
end

# NOUN VERB FLAG-OR-@POSITION: prints the kind of value, then choices; nothing where none is taken
function __awsops_value
    set -l found
    test -n "$argv[2]"; and set found (__awsops_own_value "$argv[1] $argv[2] $argv[3]")
    if test -z "$found[1]"; and string match -q -- '-*' $argv[3]
        set found (__awsops_common_value $argv[3])
    end
    contains -- "$found[1]" columns query; and set -a found "$argv[1] $argv[2]"
    test -n "$found[1]"; and printf '%s\n' $found
end

# What a program of its own completes: the words after --, or its name
function __awsops_program
    set -l typed (commandline -opc)
    set -l end (contains -i -- -- $typed); or return
    complete -C(string join ' ' -- (string escape -- $typed[(math $end + 1)..-1]) (commandline -ct))
end

# PREFIX CURRENT KIND CHOICES: prints candidates; PREFIX is `--flag=`, before which fish matches
function __awsops_offer
    set -l found
    switch "$argv[3]"
        case files
            set found (__fish_complete_path $argv[2])
        case profile
            set found (__awsops_profiles)
        case profiles
            set found (__awsops_profiles; __awsops_profile_groups)
        case region
            set found (__awsops_regions)
        case regions
            set found all (__awsops_regions)
        case roles
            set found (__awsops_roles)
        case columns
            set found (__awsops_list "$argv[4]" "$argv[2]")
        case query
            set found (__awsops_expression "$argv[4]" "$argv[2]")
        case program
            set found (__awsops_program)
        case names
            set found (__awsops_names $argv[4] "$argv[2]")
        case names-or-files
            set found (__awsops_names $argv[4] "$argv[2]")
            test -n "$found[1]"; or set found (__fish_complete_path $argv[2])
        case choices
            set found $argv[4..-1]
    end
    test -n "$found[1]"; and printf '%s\n' $argv[1]$found
end

function __awsops_all_flags
    set -l groups @GROUPS@
    __awsops_help
    test -z "$argv[1]"; and __awsops_version
    if test -n "$argv[2]"
        __awsops_flags "$argv[1] $argv[2]"
        set groups (__awsops_groups "$argv[1] $argv[2]")
    end
    for group in $groups
        __awsops_group_flags $group
    end
end

function __awsops_complete
    set -l current (commandline -ct)
    set -l typed (commandline -opc)
    set -l noun ''
    set -l verb ''
    set -l waiting ''
    set -l ended ''
    set -l position 1
    for word in $typed[2..-1]
        if test -n "$waiting"
            set waiting ''
        else if test -z "$ended"; and test "x$word" = x--
            set ended 1
        else if test -z "$ended"; and string match -qr -- '^-.' "$word"
            set -l value (__awsops_value "$noun" "$verb" $word)
            test -n "$value[1]"; and set waiting $word
        else if test -z "$noun"
            set noun $word
            contains -- $noun @ALONE@; and set verb $noun
        else if test -z "$verb"
            set verb $word
        else
            set position (math $position + 1)
        end
    end
    # Fish 3.6 looks for the letters of the word in help lines too: they must stand in the name.
    set -l named '^[^\t]*'(string escape --style=regex -- "$current")
    if test -n "$waiting"
        __awsops_offer '' "$current" (__awsops_value "$noun" "$verb" $waiting)
    else if test -z "$ended"; and string match -qr -- '^--[^=]+=' "$current"
        set -l parts (string split -m 1 = -- $current)
        __awsops_offer $parts[1]= "$parts[2]" (__awsops_value "$noun" "$verb" $parts[1])
    else if test -z "$ended"; and string match -q -- '-*' "$current"
        __awsops_all_flags "$noun" "$verb" | string match -rei -- $named
    else if test -z "$noun"
        __awsops_nouns | string match -rei -- $named
    else if test -z "$verb"
        __awsops_verbs $noun | string match -rei -- $named
    else
        __awsops_offer '' "$current" (__awsops_value "$noun" "$verb" @$position)
    end
end

complete -c awsops -f -a '(__awsops_complete)'
"""
