"""The bash script. It keeps to bash 3.2, which is what macOS ships."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from shlex import quote

from awsops.completion.grammar import HELP, VERSION, Flag, Grammar, Noun, Value, Verb


def render(grammar: Grammar) -> str:
    """The whole script."""
    parts = [
        _HEADER,
        _function(
            "_awsops_nouns", "candidates=(every noun)", [_words(n.name for n in grammar.nouns)]
        ),
        _cases("_awsops_verbs", "NOUN: candidates=(its verbs)", "$1", _verb_cases(grammar)),
        _cases(
            "_awsops_group_flags",
            "GROUP: adds the common options of it to candidates",
            "$1",
            ((quote(g), f"candidates+=({_list(_names(f))})") for g, f in grammar.groups.items()),
        ),
        _cases(
            "_awsops_flags",
            "'NOUN VERB': candidates=(its own options), groups='of the common ones'",
            "$1",
            _flag_cases(grammar),
        ),
        _cases(
            "_awsops_common_value",
            "FLAG: what a common option takes",
            "$1",
            _value_cases("", [f for flags in grammar.groups.values() for f in flags]),
        ),
        _cases(
            "_awsops_own_value",
            "'NOUN VERB FLAG' or 'NOUN VERB POSITION': what stands there",
            "$1",
            _own_value_cases(grammar),
        ),
        _ENGINE.replace("@TOP@", _list([*_names([HELP, VERSION]), *_all_common(grammar)]))
        .replace("@GROUPS@", " ".join(grammar.groups))
        .replace("@ALONE@", _alone(grammar)),
    ]
    return "\n".join(parts)


def _alone(grammar: Grammar) -> str:
    """Nouns that are their own verb, as a pattern of `case`."""
    return " | ".join(quote(noun.name) for noun in grammar.nouns if noun.alone) or "''"


def _all_common(grammar: Grammar) -> list[str]:
    return _names(flag for flags in grammar.groups.values() for flag in flags)


def _names(flags: Iterable[Flag]) -> list[str]:
    return [name for flag in flags for name in flag.names]


def _list(words: Iterable[str]) -> str:
    return " ".join(quote(word) for word in words)


def _words(words: Iterable[str]) -> str:
    return f"candidates=({_list(words)})"


def _function(name: str, about: str, lines: Sequence[str]) -> str:
    body = "\n".join(f"  {line}" for line in lines)
    return f"# {about}\n{name}() {{\n{body}\n}}\n"


def _cases(name: str, about: str, subject: str, cases: Iterable[tuple[str, str]]) -> str:
    lines = [f"case {subject} in"]
    lines += [f"  {pattern}) {action} ;;" for pattern, action in cases]
    return _function(name, about, [*lines, "esac"])


def _verb_cases(grammar: Grammar) -> Iterator[tuple[str, str]]:
    for noun in grammar.nouns:
        if noun.verbs:
            yield quote(noun.name), _words(verb.name for verb in noun.verbs)
        else:
            yield quote(noun.name), "kind=files"


def _flag_cases(grammar: Grammar) -> Iterator[tuple[str, str]]:
    for noun, verb in grammar.verbs():
        groups = quote(" ".join(verb.groups))
        yield _place(noun, verb), f"{_words(_names(verb.flags))} groups={groups}"


def _own_value_cases(grammar: Grammar) -> Iterator[tuple[str, str]]:
    for noun, verb in grammar.verbs():
        prefix = f"{noun.name} {verb.name} "
        yield from _value_cases(prefix, verb.flags)
        for number, positional in enumerate(verb.positionals, 1):
            if positional.value.kind != "text":
                pattern = (
                    quote(prefix) + "[0-9]*" if positional.many else quote(f"{prefix}{number}")
                )
                yield pattern, _action(positional.value)


def _value_cases(prefix: str, flags: Iterable[Flag]) -> Iterator[tuple[str, str]]:
    """Flags that take the same kind of value share a case."""
    actions: dict[str, list[str]] = {}
    for flag in flags:
        if flag.value is not None:
            actions.setdefault(_action(flag.value), []).extend(flag.names)
    for action, names in actions.items():
        yield " | ".join(quote(prefix + name) for name in names), action


def _action(value: Value) -> str:
    if value.choices:
        return f"kind={value.kind} {_words(value.choices)}"
    return f"kind={value.kind}"


def _place(noun: Noun, verb: Verb) -> str:
    return quote(f"{noun.name} {verb.name}")


_HEADER = """\
# bash completion for awsops. Made from the commands themselves (`make completions`); do not edit.
# Load it with: source <(awsops completion show bash)
"""

_ENGINE = r"""# Sets typed, the words up to the cursor, and later, those after its own; bash also
# breaks them at = : and @, which are part of ours.
_awsops_read_line() {
  local line=${COMP_LINE:0:COMP_POINT} piece i
  typed=() later=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=${COMP_WORDS[i]}
    if ((i == 0)) || [[ $line == [[:space:]]* ]]; then
      line=${line#"${line%%[![:space:]]*}"}
      typed+=('')
    fi
    ((i == COMP_CWORD)) && piece=$line
    typed[${#typed[@]} - 1]+=$piece
    line=${line#"$piece"}
  done
  line=${COMP_LINE:COMP_POINT}
  # A word that only begins at the cursor is not the one that is typed.
  [[ -z ${typed[${#typed[@]} - 1]} && -n ${COMP_WORDS[COMP_CWORD]} ]] && line=" $line" i=$COMP_CWORD
  while ((i < ${#COMP_WORDS[@]})); do
    piece=${COMP_WORDS[i]}
    # The rest of the word that the cursor stands in comes first, and is nobody's.
    if [[ ${line%%"$piece"*} == *[[:space:]]* ]]; then
      later+=('')
    fi
    ((${#later[@]})) && later[${#later[@]} - 1]+=$piece
    line=${line#*"$piece"} i=$((i + 1))
  done
  for ((i = 0; i < ${#typed[@]} - 1; i++)); do
    _awsops_unquote "${typed[i]}"
    typed[i]=$unquoted
  done
  for ((i = 0; i < ${#later[@]}; i++)); do
    _awsops_unquote "${later[i]}"
    later[i]=$unquoted
  done
}

# FLAG or POSITION: sets kind, and candidates where there are choices; kind='' takes no value
_awsops_value() {
  kind='' candidates=()
  [[ -n $verb ]] && _awsops_own_value "$noun $verb $1"
  [[ -z $kind && $1 == -* ]] && _awsops_common_value "$1"
}

# WORD: sets unquoted to what the shell would make of it, and quote to the one that is open
_awsops_unquote() {
  local rest=$1 one
  unquoted='' quote=''
  while [[ $rest == *[\'\"\\]* ]]; do
    case $quote in
      '') one=${rest%%[\'\"\\]*} ;;
      \') one=${rest%%\'*} ;;
      \") one=${rest%%[\"\\]*} ;;
    esac
    unquoted+=$one rest=${rest#"$one"}
    [[ -n $rest ]] || return
    one=${rest:0:1} rest=${rest:1}
    if [[ $one == \\ ]]; then
      [[ $quote == \" && $rest != [\"\\\$\`]* ]] && unquoted+=\\
      unquoted+=${rest:0:1} rest=${rest:1}
    elif [[ -n $quote ]]; then
      quote=''
    else
      quote=$one
    fi
  done
  unquoted+=$rest
}

# FILE: sets lines; split at once, since a read for each line takes long with 1,000 profiles
_awsops_read_config() {
  lines=()
  [[ -f $1 && -r $1 ]] && IFS=$'\n' read -r -d '' -a lines <"$1"
}

_awsops_profiles() {
  local lines line name
  _awsops_read_config "${config/#\~\//$HOME/}"
  for line in ${lines[@]+"${lines[@]}"}; do
    [[ $line == \[* ]] || continue
    name=${line#\[} name=${name%%\]*}
    case $line in
      \[default\]*) candidates+=(default) ;;
      \[profile[[:space:]]*)
        name=${name#profile} name=${name#"${name%%[![:space:]]*}"}
        name=${name%"${name##*[![:space:]]}"}
        _awsops_unquote "$name"
        candidates+=("$unquoted")
        ;;
    esac
  done
  _awsops_read_config "${credentials/#\~\//$HOME/}"
  for line in ${lines[@]+"${lines[@]}"}; do
    [[ $line == \[* ]] || continue
    name=${line#\[}
    candidates+=("${name%%\]*}")
  done
}

_awsops_profile_groups() {
  local lines line inside='' key='^[[:space:]]*"?([[:alnum:]_.-]+)"?[[:space:]]*='
  local folder=${AWSOPS_CONFIG_DIR:-${XDG_CONFIG_HOME:-$HOME/.config}/awsops}
  _awsops_read_config "${AWSOPS_CONFIG_FILE:-$folder/config.toml}"
  for line in ${lines[@]+"${lines[@]}"}; do
    case $line in
      \[groups\]*) inside=1 ;;
      \[*) inside='' ;;
      *) [[ $inside && $line =~ $key ]] && candidates+=("@${BASH_REMATCH[1]}") ;;
    esac
  done
}

_awsops_regions() {
  local lines line
  _awsops_read_config "${config/#\~\//$HOME/}"
  for line in ${lines[@]+"${lines[@]}"}; do
    if [[ $line =~ ^region[[:space:]]*=[[:space:]]*([a-z0-9-]+) ]]; then
      candidates+=("${BASH_REMATCH[1]}")
    fi
  done
}

# KIND: names of resources, from awsops itself, which answers at once or not at all
_awsops_names() {
  local line program=awsops lines=() words=("$1" "=$unquoted" "=$((${#typed[@]} - 2))")
  candidates=()
  _awsops_as_another && return
  [[ ${typed[0]} == */* ]] && program=${typed[0]}
  words+=("${typed[@]:1:${#typed[@]}-2}" ${later[@]+"${later[@]}"})
  IFS=$'\n' read -r -d '' -a lines < <("$program" __names "${words[@]}" 2>/dev/null)
  for line in ${lines[@]+"${lines[@]}"}; do
    candidates+=("${line%%$'\t'*}")
  done
}

# Whether somebody else will run it, with other profiles: only the completion of sudo, which
# called this one, tells. What bash itself reads before a command, AWS_PROFILE=prod awsops ..., it
# shows to no function.
_awsops_as_another() {
  local caller
  for caller in "${FUNCNAME[@]}"; do
    case $caller in
      _sudo | _doas | _comp_*_sudo | _comp_*_doas | *_root_command) return 0 ;;
    esac
  done
  return 1
}

_awsops_files() {
  if type compopt >/dev/null 2>&1; then
    compopt -o default 2>/dev/null
  else
    local IFS=$'\n'
    COMPREPLY=($(compgen -f -- "$1"))
  fi
}

# CURRENT PREFIX: turns kind and candidates into COMPREPLY; PREFIX is `--flag=`
_awsops_offer() {
  local config=${AWS_CONFIG_FILE:-$HOME/.aws/config} candidate unquoted quote breaks kept
  local credentials=${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}
  case $kind in
    files) _awsops_files "$1" && return ;;
    profile) _awsops_profiles ;;
    profiles)
      _awsops_profiles
      _awsops_profile_groups
      ;;
    region) _awsops_regions ;;
    regions)
      _awsops_regions
      candidates+=(all)
      ;;
    names | names-or-files)
      _awsops_unquote "$1"
      _awsops_names "${candidates[0]}"
      ;;
  esac
  _awsops_unquote "$1"
  # Readline replaces only what follows the last character at which it breaks words.
  breaks=${COMP_WORDBREAKS//[[:space:]\"\']/}
  kept=$2$unquoted
  [[ -z $quote && $kept == *["$breaks"]* ]] && kept=${kept%"${kept##*["$breaks"]}"} || kept=''
  kept=${kept%[@$]} # these two belong to what it replaces (rl_special_prefixes)
  for candidate in ${candidates[@]+"${candidates[@]}"}; do
    [[ $candidate == "$unquoted"* ]] || continue
    [[ $kind == names* && $candidate == *[:=] ]] && compopt -o nospace 2>/dev/null
    candidate=$2$candidate candidate=${candidate#"$kept"}
    [[ -n $quote ]] || printf -v candidate %q "$candidate"
    COMPREPLY+=("$candidate")
  done
  [[ $kind == names-or-files ]] && ((!${#COMPREPLY[@]})) && _awsops_files "$1"
}

_awsops() {
  local typed later candidates=() groups='@GROUPS@' kind='' noun='' verb='' waiting='' ended=''
  local position=0 word i current group unquoted quote
  COMPREPLY=()
  _awsops_read_line
  current=${typed[${#typed[@]} - 1]}
  for ((i = 1; i < ${#typed[@]} - 1; i++)); do
    word=${typed[i]}
    if [[ -n $waiting ]]; then
      waiting=''
    elif [[ -z $ended && $word == -- ]]; then
      ended=1
    elif [[ -z $ended && $word == -?* ]]; then
      _awsops_value "$word"
      [[ -n $kind ]] && waiting=$word
    elif [[ -z $noun ]]; then
      noun=$word
      case $noun in
        @ALONE@) verb=$noun ;;
      esac
    elif [[ -z $verb ]]; then
      verb=$word
    else
      position=$((position + 1))
    fi
  done
  kind='' candidates=()
  if [[ -n $waiting ]]; then
    _awsops_value "$waiting"
    _awsops_offer "$current" ''
  elif [[ -z $ended && $current == --*=* ]]; then
    _awsops_value "${current%%=*}"
    _awsops_offer "${current#*=}" "${current%%=*}="
  elif [[ -z $ended && $current == -* ]]; then
    if [[ -z $noun ]]; then
      candidates=(@TOP@)
    else
      [[ -n $verb ]] && _awsops_flags "$noun $verb"
      candidates+=(--help -h)
      for group in $groups; do
        _awsops_group_flags "$group"
      done
    fi
    kind=''
    _awsops_offer "$current" ''
  else
    if [[ -z $noun ]]; then
      _awsops_nouns
    elif [[ -z $verb ]]; then
      _awsops_verbs "$noun"
    else
      _awsops_value "$((position + 1))"
    fi
    _awsops_offer "$current" ''
  fi
}

complete -F _awsops awsops
"""
