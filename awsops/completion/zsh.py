"""The zsh script: specs for zsh's own `_arguments`, which knows what was given already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from shlex import quote

from awsops.completion.grammar import HELP, VERSION, Flag, Grammar, Positional, Value, Verb


def render(grammar: Grammar) -> str:
    """The whole script."""
    groups = "\n".join(
        f"  common_{name}=(\n{_lines(_specs(flags), 4)}\n  )"
        for name, flags in grammar.groups.items()
    )
    everything = " ".join(f"$common_{name}" for name in grammar.groups)
    verbs = "\n".join(_verb_case(noun.name, verb) for noun, verb in grammar.verbs())
    return (
        _SCRIPT.replace("@DECLARE@", " ".join(f"common_{name}" for name in grammar.groups))
        .replace("@GROUPS@", groups)
        .replace("@ALL@", everything)
        .replace("@HELP@", " ".join(_alone(HELP)))
        .replace("@VERSION@", " ".join(_alone(VERSION)))
        .replace("@NOUNS@", _lines(_described((n.name, n.help) for n in grammar.nouns), 4))
        .replace("@VERB_LISTS@", "\n".join(_verb_lists(grammar)))
        .replace("@PROGRAMS@", _programs(grammar))
        .replace("@ALONE@", _own_verbs(grammar))
        .replace("@COLUMNS@", "\n".join(_columns(grammar)))
        .replace("@VERBS@", verbs)
    )


def _lines(items: Iterable[str], indent: int) -> str:
    return "\n".join(" " * indent + item for item in items)


def _described(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Words for `_describe`: a name's own colons are escaped, the first bare one ends it."""
    for name, text in pairs:
        yield quote(name.replace("\\", "\\\\").replace(":", "\\:") + ":" + text)


def _verb_lists(grammar: Grammar) -> Iterator[str]:
    for noun in grammar.nouns:
        if noun.verbs:
            words = _lines(_described((verb.name, verb.help) for verb in noun.verbs), 6)
            yield f"    {quote(noun.name)}) found=(\n{words}\n    ) ;;"


def _programs(grammar: Grammar) -> str:
    """Nouns whose verbs nobody knows: their words are files, as for any program."""
    return " | ".join(quote(n.name) for n in grammar.nouns if not n.verbs) or "''"


def _own_verbs(grammar: Grammar) -> str:
    """Nouns that are their own verb."""
    return " | ".join(quote(n.name) for n in grammar.nouns if n.alone) or "''"


def _columns(grammar: Grammar) -> Iterator[str]:
    for noun, verb in grammar.verbs():
        if verb.columns:
            columns = " ".join(quote(column) for column in verb.columns)
            yield f"    {quote(f'{noun.name} {verb.name}')}) found=({columns}) ;;"


def _verb_case(noun: str, verb: Verb) -> str:
    specs = [*_specs(verb.flags), *_positionals(verb.positionals)]
    common = " ".join(f"$common_{name}" for name in verb.groups)
    lines = [f"    {quote(f'{noun} {verb.name}')})", f"      _arguments -s -S $help {common}"]
    lines[-1] += "".join(f" \\\n        {spec}" for spec in specs)
    return "\n".join([*lines, "      ;;"])


def _alone(flag: Flag) -> Iterator[str]:
    """A flag that excludes everything else."""
    for name in flag.names:
        yield quote(f"(- *){name}[{_bracketed(flag.help)}]")


def _specs(flags: Iterable[Flag]) -> Iterator[str]:
    for flag in flags:
        before = "*" if flag.many else f"({' '.join(flag.names)})" if len(flag.names) > 1 else ""
        for name in flag.names:
            takes = "" if flag.value is None else "=" if name.startswith("--") else "+"
            after = "" if flag.value is None else _message(flag.value, _action(flag.value))
            yield quote(f"{before}{name}{takes}[{_bracketed(flag.help)}]{after}")


def _positionals(positionals: Iterable[Positional]) -> Iterator[str]:
    for number, positional in enumerate(positionals, 1):
        one = f"{number}" if positional.required else f"{number}:"
        place = f"*{_own_words(positional.value)}" if positional.many else one
        action = _action(positional.value)
        if positional.value.kind == "text":
            # A bare message beside options keeps zsh 5.9 from inserting the one that matches.
            action = f'_guard "(|[^-]*)" {_escaped(positional.value.label.lower())}'
        yield quote(f"{place}{_message(positional.value, action)}")


def _own_words(value: Value) -> str:
    """`*::` hands what follows over as a command line of its own."""
    return ":" if value.kind == "program" else ""


def _message(value: Value, action: str) -> str:
    label = re.sub(r"([\\:])", r"\\\1", value.label.lower())
    return f":{label}:{action}"


_ACTIONS = {
    "text": " ",
    "files": "_files",
    "profiles": "_awsops_profiles",
    "regions": "_awsops_regions",
    "profile": " _awsops_profiles one",
    "region": " _awsops_regions one",
    "roles": "_awsops_roles",
    "columns": " _awsops_columns list",
    "query": " _awsops_columns query",
    "program": " _awsops_program",
}


def _action(value: Value) -> str:
    if value.kind == "choices":
        # `_arguments` evaluates the list: whatever is not plainly a word is escaped.
        return f"({' '.join(_escaped(choice) for choice in value.choices)})"
    if value.choices:
        either = " files" if value.kind == "names-or-files" else ""
        return f" _awsops_names {_escaped(value.choices[0])}{either}"
    return _ACTIONS[value.kind]


def _escaped(word: str) -> str:
    return re.sub(r"([^\w.,/@%+=-])", r"\\\1", word, flags=re.ASCII)


def _bracketed(text: str) -> str:
    return re.sub(r"([\\\[\]])", r"\\\1", text)


_SCRIPT = r"""#compdef awsops
# zsh completion for awsops. Made from the commands themselves (`make completions`); do not edit.
# Put it into a folder on $fpath under the name _awsops, or: source <(awsops completion show zsh)

_awsops_commands() {
  local -a found
  found=(
@NOUNS@
  )
  _describe -t commands 'command' found
}

_awsops_verbs() {
  local -a found
  case $1 in
@VERB_LISTS@
  esac
  _describe -t commands 'verb' found
}

_awsops_profiles() {
  local -aU found
  local line name
  for line in ${(M)${(f)"$(_awsops_read ${AWS_CONFIG_FILE:-$HOME/.aws/config})"}:#\[*}; do
    name=${${line#\[}%%\]*}
    if [[ $name == default ]]; then
      found+=(default)
    elif [[ $name == profile[[:space:]]* ]]; then
      found+=(${(Q)${name##profile[[:space:]]##}%%[[:space:]]##})
    fi
  done
  line=${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}
  for line in ${(M)${(f)"$(_awsops_read $line)"}:#\[*}; do
    found+=(${${line#\[}%%\]*})
  done
  local folder=${AWSOPS_CONFIG_DIR:-${XDG_CONFIG_HOME:-$HOME/.config}/awsops} inside=
  for line in ${(f)"$(_awsops_read ${AWSOPS_CONFIG_FILE:-$folder/config.toml})"}; do
    [[ $1 == one ]] && break  # a group is several
    if [[ $line == \[* ]]; then
      inside=${(M)line:#\[groups\]*}
    elif [[ -n $inside && $line =~ '^[[:space:]]*"?([[:alnum:]_.-]+)"?[[:space:]]*=' ]]; then
      found+=(@$match[1])
    fi
  done
  local expl
  _wanted profiles expl 'profile' compadd -a - found
}

_awsops_regions() {
  local -aU found
  local line expl
  [[ $1 == one ]] || found=(all)
  line=${AWS_CONFIG_FILE:-$HOME/.aws/config}
  for line in ${(M)${(f)"$(_awsops_read $line)"}:#region[[:space:]]#=*}; do
    found+=(${${${line#*=}##[[:space:]]##}%%[[:space:]]*})
  done
  _wanted regions expl 'region' compadd -a - found
}

_awsops_roles() {
  local -aU found
  local line expl role='^role_arn[[:space:]]*=[[:space:]]*([^[:space:]]+:role/([^[:space:]]+))'
  for line in ${(f)"$(_awsops_read ${AWS_CONFIG_FILE:-$HOME/.aws/config})"}; do
    [[ $line =~ $role ]] && found+=($match[2] $match[1])
  done
  _wanted roles expl 'role' compadd -a - found
}

# list or query: the columns of the command's rows, after a comma or what is no name
_awsops_columns() {
  local -a found
  local expl
  case $place in
@COLUMNS@
  esac
  if [[ $1 == list ]]; then
    local -a given=(${(s:,:)${PREFIX%,*}})
    [[ $PREFIX == *,* ]] && found=(${found:|given})
    compset -P '*,'
    _wanted columns expl 'column' compadd -qS , -a - found
  else
    compset -P '*[^[:alnum:]_]' || found=('[].'$^found)
    _wanted columns expl 'column' compadd -S '' -a - found
  fi
}

# A program and its arguments, as its own completion has them
_awsops_program() {
  if [[ $words[1] == -- ]]; then
    shift words
    ((CURRENT--))
  fi
  _normal
}

# KIND [files]: names of resources, from awsops itself, which answers at once or not at all
_awsops_names() {
  local -a found beginnings
  local line name program=awsops
  local -a assigned
  [[ $PREFIX == -* ]] && return 1  # an option is wanted; _arguments asks for everything
  [[ $program_typed == */* ]] && program=$program_typed
  _awsops_assigned || return 1
  ((! $#assigned)) || local -x "${(@)assigned}"
  # Only what ends in : = or , narrows the question: the rest is for zsh and its matchers.
  local stem=${(M)${(Q)PREFIX}##*[:=,]}
  for line in ${(f)"$($program __names $1 "=$stem" "=$#before" $before $after 2>/dev/null)"}; do
    name=${${line%%$'\t'*}//\\/\\\\}
    line=${name//:/\\:}:${line#*$'\t'}
    [[ $name == *[:=] ]] && beginnings+=($line) || found+=($line)
  done
  _describe -t names 'name' found -- beginnings -S '' && return
  [[ $2 == files ]] && _files
}

# Sets assigned to what stands before the command: AWS_PROFILE=prod awsops ...; fails where
# nobody knows as whom it will run
_awsops_assigned() {
  local word open=1 env=
  for word in ${(z)LBUFFER}; do
    case $word in
      ';' | '&' | '&&' | '|' | '|&' | '||' | '(' | '{' | '!') assigned=() open=1 env= ;;
      [A-Za-z_]*=*)
        [[ -z $open || $word != AWS* ]] && continue
        [[ $word == *[\$\`]* ]] && return 1  # only the shell knows what that comes to
        assigned+=("${(Q)word}")
        ;;
      sudo | doas) [[ -n $open ]] && return 1 ;;  # somebody else, with other profiles
      env) env=$open ;;
      -*) [[ -n $open && -n $env ]] && return 1 ;;  # what env does then is not guessed
      *) open= ;;
    esac
  done
  return 0
}

_awsops_read() {
  local file=${1/#\~\//$HOME/}
  [[ -f $file && -r $file ]] && print -r -- "$(<$file)"
}

_awsops() {
  local curcontext=$curcontext context state state_descr line noun ret=1
  local -A opt_args
  local place=
  local -a help before after @DECLARE@
  local program_typed=${(Q)words[1]}
  before=("${(@Q)words[2,CURRENT-1]}") after=("${(@Q)words[CURRENT+1,-1]}")
  help=(@HELP@)
@GROUPS@

  _arguments -C -s $help @VERSION@ @ALL@ \
    '(-)1:command:_awsops_commands' '(-)*::argument:->noun' && ret=0
  [[ $state == noun ]] || return ret
  noun=$words[1] state=''
  case $noun in
    @PROGRAMS@) _default; return ;;
    @ALONE@) state=verb ;;
    *) _arguments -C -s $help @ALL@ \
         '(-)1:verb: _awsops_verbs $noun' '(-)*::argument:->verb' && ret=0 ;;
  esac
  [[ $state == verb ]] || return ret
  curcontext=${curcontext%:*}-$noun-$words[1]: place="$noun $words[1]"
  case $place in
@VERBS@
    *) _message 'no such command' ;;
  esac
}

if [[ $funcstack[1] == _awsops ]]; then
  _awsops "$@"
else
  compdef _awsops awsops
fi
"""
