"""What the bash script does at Tab, beside the tables that `bash.py` makes of the commands."""

from __future__ import annotations

ENGINE = r"""# Sets typed, the words up to the cursor, and later, those after its own; bash also
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

_awsops_roles() {
  local lines line
  _awsops_read_config "${config/#\~\//$HOME/}"
  for line in ${lines[@]+"${lines[@]}"}; do
    if [[ $line =~ ^role_arn[[:space:]]*=[[:space:]]*([^[:space:]]+:role/([^[:space:]]+)) ]]; then
      candidates+=("${BASH_REMATCH[2]}" "${BASH_REMATCH[1]}")
    fi
  done
}

# KIND CURRENT PREFIX: columns, after the comma, or in an expression after what is no name
_awsops_offer_columns() {
  local unquoted quote head before='' column columns
  candidates=()
  [[ -n $verb ]] && _awsops_columns "$noun $verb"
  columns=(${candidates[@]+"${candidates[@]}"}) candidates=()
  _awsops_unquote "$2"
  case $1 in
    columns) head=${unquoted%"${unquoted##*,}"} ;;
    query) head=${unquoted%"${unquoted##*[!A-Za-z0-9_]}"} ;;
  esac
  [[ $1 == query && -z $head ]] && before='[].'
  for column in ${columns[@]+"${columns[@]}"}; do
    [[ $1 == columns && ,$head == *,$column,* ]] || candidates+=("$head$before$column")
  done
  compopt -o nospace 2>/dev/null
}

# CURRENT: a program, and then what its own completion offers, where bash-completion is there
_awsops_program() {
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == -- ]] || continue
    type _comp_command_offset >/dev/null 2>&1 && _comp_command_offset $((i + 1)) && return
    type _command_offset >/dev/null 2>&1 && _command_offset $((i + 1)) && return
    break
  done
  ((position)) && _awsops_files "$1" || COMPREPLY=($(compgen -c -- "$1"))
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
    roles) _awsops_roles ;;
    columns | query) _awsops_offer_columns "$kind" "$1" ;;
    program)
      _awsops_program "$1"
      return
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
    # %q would quote commas too
    [[ -n $quote || $candidate != *[!A-Za-z0-9_.,/:=@%+-]* ]] || printf -v candidate %q "$candidate"
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
